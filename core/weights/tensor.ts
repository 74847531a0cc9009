/**
 * A named tensor of a checkpoint, described before it is read.
 *
 * Nothing is read until `read()`; where the values lie in one piece of a file, `file` says where, so that a runtime can
 * map them into memory instead of copying them through JavaScript.
 *
 * @module
 */

/** Element types that checkpoints use. */
export type WeightType =
  | "float32"
  | "float16"
  | "bfloat16"
  | "float64"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint8"
  | "bool";

/** Bytes per element. */
export const BYTES_PER_ELEMENT: { readonly [T in WeightType]: number } = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float64: 8,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** A range of a file that holds little-endian, row-major, uncompressed values. */
export interface FileRange {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** A tensor that can be read when needed. */
export interface WeightTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: WeightType;
  /** Present where the values are contiguous and row-major in a file. */
  readonly file?: FileRange;
  /** The values as float32, row-major; a fresh array. Throws InputError where the file cannot be read. */
  read(): Float32Array;
}

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** A tensor whose values are at hand. `data` is not copied: `read` gives it as it is. */
export function tensorOf(name: string, shape: readonly number[], data: Float32Array): WeightTensor {
  if (elementCount(shape) !== data.length) {
    throw new RangeError(`Cannot make tensor "${name}" of shape [${shape}]: it has ${data.length} values`);
  }
  return { name, shape, dtype: "float32", read: () => data };
}

/**
 * Rows `from` (included) to `to` (excluded) of the first axis, still unread: the parts of a fused q, k, v projection
 * are consecutive rows, so they can be used without a copy.
 */
export function rowsOf(
  tensor: WeightTensor,
  from: number,
  to: number,
  name = `${tensor.name}[${from}:${to}]`,
): WeightTensor {
  const rows = tensor.shape[0];
  if (rows === undefined || from < 0 || to > rows || from >= to) {
    throw new RangeError(`Cannot take rows ${from}..${to} of "${tensor.name}": its shape is [${tensor.shape}]`);
  }
  const shape = [to - from, ...tensor.shape.slice(1)];
  const row = elementCount(tensor.shape.slice(1));
  const bytes = row * BYTES_PER_ELEMENT[tensor.dtype];
  const { file } = tensor;
  return {
    name,
    shape,
    dtype: tensor.dtype,
    ...(file && { file: { path: file.path, offset: file.offset + from * bytes, length: (to - from) * bytes } }),
    read: () => tensor.read().subarray(from * row, to * row),
  };
}

/** The same values under another shape of as many elements, still unread. */
export function reshapeOf(tensor: WeightTensor, shape: readonly number[]): WeightTensor {
  if (elementCount(shape) !== elementCount(tensor.shape)) {
    throw new RangeError(`Cannot read "${tensor.name}" of shape [${tensor.shape}] as [${shape}]`);
  }
  return { ...tensor, shape };
}
