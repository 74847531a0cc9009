/**
 * Reads NumPy's `.npz`: a ZIP of `.npy` files.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { toFloat32 } from "./convert.ts";
import { RandomFile } from "./file.ts";
import { BYTES_PER_ELEMENT, elementCount, type WeightTensor, type WeightType } from "./tensor.ts";
import { readEntry, readZip, storedOffset, type ZipEntry } from "./zip.ts";

const TYPES: { readonly [descr: string]: WeightType } = {
  "<f4": "float32",
  "<f2": "float16",
  "<f8": "float64",
  "<i8": "int64",
  "<i4": "int32",
  "<i2": "int16",
  "|i1": "int8",
  "|u1": "uint8",
  "|b1": "bool",
};

/** One array of NumPy after this size is no weight of ours. */
const MAX_ARRAY = 8e9;

/** The arrays of a file by name, without `.npy`. @throws InputError where the file or one of its arrays is damaged. */
export function readNpz(path: string): Map<string, WeightTensor> {
  const file = new RandomFile(path);
  const tensors = new Map<string, WeightTensor>();
  for (const [entryName, entry] of readZip(file)) {
    if (!entryName.endsWith(".npy")) continue;
    const name = entryName.slice(0, -".npy".length);
    tensors.set(name, entry.method === 0 ? stored(file, entry, name) : packed(file, entry, name));
  }
  return tensors;
}

function stored(file: RandomFile, entry: ZipEntry, name: string): WeightTensor {
  const start = storedOffset(file, entry);
  const head = file.read(start, Math.min(entry.size, 12), `array "${name}"`);
  const header = parseHeader(
    file.path,
    name,
    file.read(start, Math.min(entry.size, headerLength(head)), `array "${name}"`),
  );
  const { shape, dtype, fortran, begin } = header;
  const range = { path: file.path, offset: start + begin, length: elementCount(shape) * BYTES_PER_ELEMENT[dtype] };
  if (begin + range.length > entry.size) throw broken(file.path, name, "ends too early");
  const read = () => order(toFloat32(file.read(range.offset, range.length, `array "${name}"`), dtype), shape, fortran);
  return { name, shape, dtype, ...(!fortran && { file: range }), read };
}

function packed(file: RandomFile, entry: ZipEntry, name: string): WeightTensor {
  const load = () => readEntry(file, entry, MAX_ARRAY);
  const { shape, dtype, fortran, begin } = parseHeader(file.path, name, load());
  const end = begin + elementCount(shape) * BYTES_PER_ELEMENT[dtype];
  if (end > entry.size) throw broken(file.path, name, "ends too early");
  return { name, shape, dtype, read: () => order(toFloat32(load().subarray(begin, end), dtype), shape, fortran) };
}

/** Bytes before the values, from the first bytes of an array. */
function headerLength(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 12) return head.length;
  return head[6] === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
}

function parseHeader(
  path: string,
  name: string,
  bytes: Uint8Array,
): { shape: number[]; dtype: WeightType; fortran: boolean; begin: number } {
  if (bytes.length < 12 || bytes[0] !== 0x93 || new TextDecoder().decode(bytes.subarray(1, 6)) !== "NUMPY") {
    throw broken(path, name, "is no .npy array");
  }
  const begin = headerLength(bytes);
  // The header is the text of a Python dict of three known keys.
  const text = new TextDecoder("latin1").decode(bytes.subarray(bytes[6] === 1 ? 10 : 12, begin));
  const descr = /'descr': *'([^']+)'/.exec(text)?.[1];
  const fortran = /'fortran_order': *(True|False)/.exec(text)?.[1];
  const shape = /'shape': *\(([\d, ]*)\)/.exec(text)?.[1]?.split(",").map((side) => side.trim()).filter((side) =>
    side !== ""
  );
  if (descr === undefined || fortran === undefined || shape === undefined) {
    throw broken(path, name, "has a damaged header");
  }
  const dtype = TYPES[descr];
  if (dtype === undefined) {
    throw broken(path, name, `has the type ${descr}; float16, float32, float64 and integers are read`);
  }
  return { shape: shape.map(Number), dtype, fortran: fortran === "True", begin };
}

/** Row-major values of an array that may be column-major. */
function order(values: Float32Array, shape: readonly number[], fortran: boolean): Float32Array {
  if (!fortran || shape.length < 2) return values;
  const out = new Float32Array(values.length);
  const index = new Array<number>(shape.length).fill(0);
  const strides = shape.map((_, i) => elementCount(shape.slice(0, i)));
  for (let i = 0; i < out.length; i++) {
    let at = 0;
    for (let axis = 0; axis < shape.length; axis++) at += index[axis]! * strides[axis]!;
    out[i] = values[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return out;
}

function broken(path: string, name: string, why: string): InputError {
  return new InputError(`Cannot read "${path}": array "${name}" ${why}`);
}
