/**
 * Reads `.safetensors` files: 8 bytes of header length (little-endian), a JSON header, then the values.
 *
 * @module
 */
import { InputError, messageOf } from "../errors.ts";
import { toFloat32 } from "./convert.ts";
import { RandomFile, readRange } from "./file.ts";
import { BYTES_PER_ELEMENT, elementCount, type WeightTensor, type WeightType } from "./tensor.ts";

const TYPES: { readonly [name: string]: WeightType } = {
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  F64: "float64",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
};

/** The format's own limit of its header. */
const MAX_HEADER = 100e6;

/**
 * The tensors of a safetensors file, none of them read yet.
 *
 * @returns name -> tensor, in the order of the header. `file` is always present.
 * @throws InputError where the file is absent, truncated, or its header is not what the format says.
 */
export function readSafetensors(path: string): Map<string, WeightTensor> {
  const file = new RandomFile(path);
  const refuse = (why: string): never => {
    throw new InputError(`Cannot read "${path}" as safetensors: ${why}`);
  };
  if (file.size < 8) refuse(`it has ${file.size} bytes`);
  const length = Number(new DataView(file.read(0, 8, "the header length").buffer).getBigUint64(0, true));
  if (length > MAX_HEADER) refuse(`its header would be ${length} bytes long`);
  const header = parseHeader(file.read(8, length, "the header"), refuse);
  const start = 8 + length;
  const tensors = new Map<string, WeightTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype: typeName, shape, data_offsets } = entry as Record<string, unknown>;
    const dtype = TYPES[String(typeName)];
    if (dtype === undefined) return refuse(`tensor "${name}" has the unknown type ${JSON.stringify(typeName)}`);
    if (!isCounts(shape) || !isCounts(data_offsets) || data_offsets.length !== 2) {
      return refuse(`tensor "${name}" has no proper shape and offsets`);
    }
    const range = { path, offset: start + data_offsets[0]!, length: data_offsets[1]! - data_offsets[0]! };
    if (range.length !== elementCount(shape) * BYTES_PER_ELEMENT[dtype]) {
      return refuse(`tensor "${name}" of shape [${shape}] has ${range.length} bytes`);
    }
    if (range.offset + range.length > file.size) {
      return refuse(`it ends within tensor "${name}"; it is truncated, fetch it again`);
    }
    tensors.set(name, {
      name,
      shape,
      dtype,
      file: range,
      read: () => toFloat32(readRange(range, `tensor "${name}"`), dtype),
    });
  }
  return tensors;
}

function parseHeader(bytes: Uint8Array, refuse: (why: string) => never): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    return refuse(`its header is not JSON (${messageOf(error)})`);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) return refuse("its header is no map");
  for (const entry of Object.values(header)) {
    if (typeof entry !== "object" || entry === null) return refuse("its header holds an entry that is no map");
  }
  return header as Record<string, unknown>;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}
