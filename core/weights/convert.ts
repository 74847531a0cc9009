import type { WeightType } from "./tensor.ts";

/**
 * Little-endian stored values as float32.
 *
 * float16 and bfloat16 are exact in float32; float64 and 64-bit integers are rounded.
 *
 * @param bytes whole elements of `dtype`, any alignment.
 */
export function toFloat32(bytes: Uint8Array, dtype: WeightType): Float32Array {
  switch (dtype) {
    case "float32":
      return new Float32Array(aligned(bytes, 4));
    case "float64":
      return Float32Array.from(new Float64Array(aligned(bytes, 8)));
    case "float16":
      return Float32Array.from(new Float16Array(aligned(bytes, 2)));
    case "bfloat16": {
      const half = new Uint16Array(aligned(bytes, 2));
      const words = new Uint32Array(half.length);
      // A bfloat16 is the upper half of a float32.
      for (let i = 0; i < half.length; i++) words[i] = half[i]! << 16;
      return new Float32Array(words.buffer);
    }
    case "int64":
      return Float32Array.from(new BigInt64Array(aligned(bytes, 8)), Number);
    case "int32":
      return Float32Array.from(new Int32Array(aligned(bytes, 4)));
    case "int16":
      return Float32Array.from(new Int16Array(aligned(bytes, 2)));
    case "int8":
      return Float32Array.from(new Int8Array(aligned(bytes, 1)));
    case "uint8":
    case "bool":
      return Float32Array.from(bytes);
  }
}

/** A buffer of its own that starts at the first byte: typed arrays refuse unaligned views. */
function aligned(bytes: Uint8Array, size: number): ArrayBuffer {
  if (bytes.length % size !== 0) throw new RangeError(`Cannot split ${bytes.length} bytes into elements of ${size}`);
  return bytes.byteOffset === 0 && bytes.length === bytes.buffer.byteLength
    ? bytes.buffer as ArrayBuffer
    : bytes.slice().buffer;
}
