/**
 * Reads PyTorch checkpoints (`.pth`, `.pt`, `.bin`): the ZIP form since 1.6 and the older form of one stream.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { toFloat32 } from "./convert.ts";
import { RandomFile } from "./file.ts";
import { type PickleReducer, readPickle } from "./pickle.ts";
import { PickleForeign, PickleGlobal, PicklePersistent, type PickleValue } from "./pickle_values.ts";
import { BYTES_PER_ELEMENT, elementCount, type WeightTensor, type WeightType } from "./tensor.ts";
import { readEntry, readZip, storedOffset } from "./zip.ts";

/** Descriptions beyond this are no checkpoint of ours. */
const MAX_PICKLE = 256e6;

/** First number of the older form. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

const STORAGE_TYPES: { readonly [name: string]: WeightType } = {
  FloatStorage: "float32",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  DoubleStorage: "float64",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
  UntypedStorage: "uint8",
};

const DTYPES: { readonly [name: string]: WeightType } = {
  float32: "float32",
  float: "float32",
  float16: "float16",
  half: "float16",
  bfloat16: "bfloat16",
  float64: "float64",
  double: "float64",
  int64: "int64",
  int32: "int32",
  int16: "int16",
  int8: "int8",
  uint8: "uint8",
  bool: "bool",
};

/** Values of one or more tensors, lying somewhere in the file. */
interface Storage {
  readonly key: string;
  readonly dtype: WeightType;
  /** Elements of `dtype`. */
  readonly length: number;
}

/** A tensor as the pickle describes it: a view of a storage. */
export class TorchTensor extends PickleForeign {
  constructor(
    readonly storage: Storage,
    readonly dtype: WeightType,
    /** In elements. */
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }
}

/** A checkpoint: whatever was saved, with tensors inside. */
export interface TorchFile {
  /** Dicts are maps, lists and tuples arrays, tensors {@linkcode TorchTensor}. */
  readonly root: PickleValue;
  /** The tensor, unread. */
  tensor(name: string, tensor: TorchTensor): WeightTensor;
}

/** Opens a checkpoint. @throws InputError where it is absent, truncated, damaged, or asks to run something. */
export function readTorch(path: string): TorchFile {
  const file = new RandomFile(path);
  const magic = file.size >= 4 ? new DataView(file.read(0, 4, "the first bytes").buffer).getUint32(0, true) : 0;
  const { root, place } = magic === 0x04034b50 ? readArchive(file) : readStream(file);
  return { root, tensor: (name, tensor) => weightOf(file, name, tensor, place(tensor.storage)) };
}

/** Where a storage's bytes begin. */
type Place = (storage: Storage) => number;

function readArchive(file: RandomFile): { root: PickleValue; place: Place } {
  const entries = readZip(file);
  const pickleName = [...entries.keys()].find((name) => /(^|\/)data\.pkl$/.test(name));
  if (pickleName === undefined) {
    throw new InputError(`Cannot read "${file.path}" as a checkpoint: it holds no data.pkl`);
  }
  const folder = pickleName.slice(0, -"data.pkl".length);
  if ([...entries.keys()].some((name) => name.startsWith(`${folder}code/`))) {
    throw new InputError(
      `Cannot read "${file.path}": it is a TorchScript program; a checkpoint of a state dict is needed`,
    );
  }
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && new TextDecoder().decode(readEntry(file, order, 64)) !== "little") {
    throw new InputError(`Cannot read "${file.path}": its values are big-endian`);
  }
  const pickle = readEntry(file, entries.get(pickleName)!, MAX_PICKLE);
  const { value } = readPickle(pickle, file.path, torchReducer(file.path));
  const place: Place = ({ key, dtype, length }) => {
    const entry = entries.get(`${folder}data/${key}`);
    if (entry === undefined) throw new InputError(`Cannot read "${file.path}": it holds no values "data/${key}"`);
    if (entry.size < length * BYTES_PER_ELEMENT[dtype]) throw outside(file.path, `"data/${key}"`);
    return storedOffset(file, entry);
  };
  return { root: value, place };
}

function readStream(file: RandomFile): { root: PickleValue; place: Place } {
  const bytes = file.read(0, Math.min(file.size, MAX_PICKLE), "the description");
  const reduce = torchReducer(file.path);
  const foreign = new InputError(
    `Cannot read "${file.path}": it is no PyTorch checkpoint (neither the ZIP form nor the older stream form)`,
  );
  // PROTO 2, LONG1: how the magic number is always written.
  if (bytes[0] !== 0x80 || bytes[2] !== 0x8a) throw foreign;
  const magic = readPickle(bytes, file.path, reduce);
  if (magic.value !== LEGACY_MAGIC) throw foreign;
  const version = readPickle(bytes, file.path, reduce, magic.end);
  const system = readPickle(bytes, file.path, reduce, version.end);
  if (system.value instanceof Map && system.value.get("little_endian") === false) {
    throw new InputError(`Cannot read "${file.path}": its values are big-endian`);
  }
  const sizes = new Map<string, WeightType>();
  const root = readPickle(bytes, file.path, torchReducer(file.path, sizes), system.end);
  const keys = readPickle(bytes, file.path, reduce, root.end);
  if (!Array.isArray(keys.value)) throw foreign;
  const places = new Map<string, number>();
  let at = keys.end;
  for (const key of keys.value.map(String)) {
    const count = Number(new DataView(file.read(at, 8, `values "${key}"`).buffer).getBigInt64(0, true));
    const width = BYTES_PER_ELEMENT[sizes.get(key) ?? "float32"];
    if (count < 0 || at + 8 + count * width > file.size) throw outside(file.path, `"${key}"`);
    places.set(key, at + 8);
    at += 8 + count * width;
  }
  const place: Place = ({ key }) => {
    const offset = places.get(key);
    if (offset === undefined) throw new InputError(`Cannot read "${file.path}": it holds no values "${key}"`);
    return offset;
  };
  return { root: root.value, place };
}

function outside(path: string, what: string): InputError {
  return new InputError(`Cannot read "${path}": values ${what} reach beyond its end; it is truncated, fetch it again`);
}

/** Meaning of the few calls a checkpoint needs. `seen` collects the storages' types by key. */
function torchReducer(path: string, seen?: Map<string, WeightType>): PickleReducer {
  const refuse = (what: string): never => {
    throw new InputError(`Cannot read "${path}": ${what}`);
  };
  const storageOf = (value: PickleValue | undefined): Storage => {
    const id = value instanceof PicklePersistent ? value.id : undefined;
    if (!Array.isArray(id) || id[0] !== "storage" || !(id[1] instanceof PickleGlobal)) {
      return refuse("a tensor has no storage");
    }
    const dtype = STORAGE_TYPES[id[1].name] ?? refuse(`a tensor is of type ${id[1].path}`);
    // A view of another storage (an old extension) carries a sixth field; nobody writes it any more.
    if (id[5] !== undefined && id[5] !== null) refuse("a storage is a view of another one");
    const storage = { key: String(id[2]), dtype, length: Number(id[4]) };
    seen?.set(storage.key, dtype);
    return storage;
  };
  const tensor = (args: PickleValue[], dtype?: WeightType): TorchTensor => {
    const storage = storageOf(args[0]);
    const [offset, shape, strides] = args.slice(1, 4);
    if (!isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length) {
      return refuse("a tensor has no proper shape");
    }
    const type = dtype ?? storage.dtype;
    const length = storage.length * BYTES_PER_ELEMENT[storage.dtype] / BYTES_PER_ELEMENT[type];
    const reach = shape.reduce((last, side, i) => last + (side - 1) * strides[i]!, offset);
    if (elementCount(shape) > 0 && reach >= length) refuse(`a tensor of shape [${shape}] reaches beyond its values`);
    return new TorchTensor(storage, type, offset, shape, strides);
  };
  const dtypeOf = (value: PickleValue | undefined): WeightType => {
    const name = value instanceof PickleGlobal && value.module === "torch" ? value.name : "";
    return DTYPES[name] ?? refuse(`a tensor is of type ${value instanceof PickleGlobal ? value.path : String(value)}`);
  };
  const reduce: PickleReducer = (callable, args) => {
    switch (callable) {
      case "collections.OrderedDict":
        return new Map(Array.isArray(args[0]) ? args[0].filter(Array.isArray).map(([k, v]) => [k!, v!]) : []);
      case "torch._utils._rebuild_tensor":
      case "torch._utils._rebuild_tensor_v2":
        return tensor(args);
      case "torch._utils._rebuild_tensor_v3":
        return tensor(args, dtypeOf(args[6]));
      case "torch._utils._rebuild_parameter":
      case "torch._utils._rebuild_parameter_with_state":
        return args[0];
      case "torch._tensor._rebuild_from_type_v2":
        return args[0] instanceof PickleGlobal && Array.isArray(args[2]) ? reduce(args[0].path, args[2]) : undefined;
      case "torch.Size":
      case "builtins.set":
      case "__builtin__.set":
        return Array.isArray(args[0]) ? args[0] : [];
      default:
        return undefined;
    }
  };
  return reduce;
}

function weightOf(file: RandomFile, name: string, tensor: TorchTensor, start: number): WeightTensor {
  const { dtype, shape, strides, offset } = tensor;
  const width = BYTES_PER_ELEMENT[dtype];
  const count = elementCount(shape);
  const span = count === 0 ? 0 : shape.reduce((last, side, i) => last + (side - 1) * strides[i]!, 0) + 1;
  const range = { path: file.path, offset: start + offset * width, length: span * width };
  const load = () => toFloat32(file.read(range.offset, range.length, `tensor "${name}"`), dtype);
  if (isContiguous(shape, strides)) return { name, shape, dtype, file: range, read: load };
  return { name, shape, dtype, read: () => gather(load(), shape, strides, count) };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return false;
    expected *= shape[i]!;
  }
  return true;
}

/** Row-major copy of a strided view. */
function gather(
  values: Float32Array,
  shape: readonly number[],
  strides: readonly number[],
  count: number,
): Float32Array {
  const out = new Float32Array(count);
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0, at = 0; i < count; i++) {
    out[i] = values[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}
