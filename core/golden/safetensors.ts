import { readRange } from "../weights/file.ts";
import { readSafetensors as readIndex } from "../weights/safetensors.ts";
import type { WeightTensor, WeightType } from "../weights/tensor.ts";

/** One tensor of a safetensors file, read whole. */
export interface StoredTensor {
  readonly dtype: WeightType;
  readonly shape: readonly number[];
  /** Row-major; integers and booleans in typed arrays of their own width, half precision widened to float32. */
  readonly data: Float32Array | Float64Array | Int32Array | Int16Array | Int8Array | Uint8Array | BigInt64Array;
}

/** Types kept as they are: recorded indices and float64 values must not pass through float32. */
const KEPT: { readonly [T in WeightType]?: (bytes: ArrayBuffer) => StoredTensor["data"] } = {
  float64: (bytes) => new Float64Array(bytes),
  int64: (bytes) => new BigInt64Array(bytes),
  int32: (bytes) => new Int32Array(bytes),
  int16: (bytes) => new Int16Array(bytes),
  int8: (bytes) => new Int8Array(bytes),
  uint8: (bytes) => new Uint8Array(bytes),
  bool: (bytes) => new Uint8Array(bytes),
};

/**
 * Reads a small safetensors file whole, as recorded vectors are.
 *
 * @throws InputError naming the file when it is absent, cut off, or holds a type or range that cannot be.
 */
export function readSafetensors(path: string): Map<string, StoredTensor> {
  return new Map([...readIndex(path)].map(([name, tensor]) => [name, stored(tensor)]));
}

function stored(tensor: WeightTensor): StoredTensor {
  const { dtype, shape, file, name } = tensor;
  const keep = KEPT[dtype];
  const data = keep === undefined ? tensor.read() : keep(readRange(file!, `tensor "${name}"`).buffer);
  return { dtype, shape, data };
}
