/**
 * The two passes of a separable resize, on floats and on bytes. Rows are contiguous: [rows][width], where
 * width = cols * channels.
 *
 * @module
 */
import type { Taps } from "./taps.ts";

/** Taps of whole rows of interleaved channels: sample x of channel c becomes sample x * channels + c. */
function perChannel({ to, count, index, weight, from }: Taps, channels: number): Taps {
  if (channels === 1) return { from, to, count, index, weight };
  const wide = new Int32Array(to * channels * count);
  const weights = new Float64Array(to * channels * count);
  for (let x = 0, o = 0; x < to; x++) {
    for (let c = 0; c < channels; c++) {
      for (let k = 0; k < count; k++, o++) {
        wide[o] = index[x * count + k]! * channels + c;
        weights[o] = weight[x * count + k]!;
      }
    }
  }
  return { from: from * channels, to: to * channels, count, index: wide, weight: weights };
}

/** Resamples along columns (x). @param data [rows][taps.from][channels] @returns [rows][taps.to][channels] */
export function resampleX(data: Float32Array, rows: number, channels: number, taps: Taps): Float32Array {
  const { from, to, count, index, weight } = perChannel(taps, channels);
  const out = new Float32Array(rows * to);
  for (let r = 0; r < rows; r++) {
    const input = r * from;
    const output = r * to;
    for (let i = 0, t = 0; i < to; i++) {
      let sum = 0;
      for (let k = 0; k < count; k++, t++) sum += weight[t]! * data[input + index[t]!]!;
      out[output + i] = sum;
    }
  }
  return out;
}

/** Resamples along rows (y). @param data [taps.from][width] @returns [taps.to][width], width = cols * channels */
export function resampleY(data: Float32Array, width: number, { to, count, index, weight }: Taps): Float32Array {
  const out = new Float32Array(to * width);
  const sums = new Float64Array(width);
  for (let i = 0; i < to; i++) {
    sums.fill(0);
    for (let k = 0; k < count; k++) {
      const w = weight[i * count + k]!;
      if (w === 0) continue;
      const input = index[i * count + k]! * width;
      for (let j = 0; j < width; j++) sums[j] = sums[j]! + w * data[input + j]!;
    }
    out.set(sums, i * width);
  }
  return out;
}

// PIL keeps 22 fractional bits: 32 bits, less 8 for the sample and 2 for sign and overshoot.
const BITS = 22;
const HALF = 1 << (BITS - 1);

function fixedPoint(weight: Float64Array): Int32Array {
  // Rounded half away from zero.
  return Int32Array.from(weight, (w) => Math.trunc(w * (1 << BITS) + (w < 0 ? -0.5 : 0.5)));
}

/** {@linkcode resampleX} on bytes in PIL's fixed-point arithmetic: rounded and clamped to 0..255. */
export function resampleBytesX(data: Uint8Array, rows: number, channels: number, taps: Taps): Uint8Array {
  const { from, to, count, index, weight } = perChannel(taps, channels);
  const fixed = fixedPoint(weight);
  const out = new Uint8ClampedArray(rows * to);
  for (let r = 0; r < rows; r++) {
    const input = r * from;
    const output = r * to;
    for (let i = 0, t = 0; i < to; i++) {
      let sum = HALF;
      for (let k = 0; k < count; k++, t++) sum = (sum + fixed[t]! * data[input + index[t]!]!) | 0;
      out[output + i] = sum >> BITS;
    }
  }
  return new Uint8Array(out.buffer);
}

/** {@linkcode resampleY} on bytes in PIL's fixed-point arithmetic: rounded and clamped to 0..255. */
export function resampleBytesY(data: Uint8Array, width: number, { to, count, index, weight }: Taps): Uint8Array {
  const fixed = fixedPoint(weight);
  const out = new Uint8ClampedArray(to * width);
  const sums = new Int32Array(width);
  for (let i = 0; i < to; i++) {
    sums.fill(HALF);
    for (let k = 0; k < count; k++) {
      const w = fixed[i * count + k]!;
      if (w === 0) continue;
      const input = index[i * count + k]! * width;
      for (let j = 0; j < width; j++) sums[j] = (sums[j]! + w * data[input + j]!) | 0;
    }
    const output = i * width;
    for (let j = 0; j < width; j++) out[output + j] = sums[j]! >> BITS;
  }
  return new Uint8Array(out.buffer);
}
