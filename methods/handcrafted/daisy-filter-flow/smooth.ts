import type { Size } from "../../../core/types.ts";

/**
 * Gaussian smoothing of many interleaved layers at once: taps up to three standard deviations, borders repeated.
 *
 * @param data [height][width][depth]
 */
export function smoothLayers(data: Float32Array, { width, height }: Size, depth: number, sigma: number): Float32Array {
  const reach = Math.max(Math.ceil(3 * sigma), 1);
  const taps = Float64Array.from({ length: reach + 1 }, (_, k) => Math.exp(-0.5 * (k / sigma) ** 2));
  const sum = taps.reduce((total, tap, k) => total + (k === 0 ? tap : 2 * tap), 0);
  for (let k = 0; k <= reach; k++) taps[k]! /= sum;
  const across = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      gather(data, across, taps, y * width * depth, x, width, depth, depth);
    }
  }
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    // A whole row at a time: contiguous memory, and one walk over the taps for all of it.
    gather(across, out, taps, 0, y, height, width * depth, width * depth);
  }
  return out;
}

/** Sample `at` of an axis of `n` samples of `count` contiguous values, `step` values apart, from `base` on. */
function gather(
  source: Float32Array,
  target: Float32Array,
  taps: Float64Array,
  base: number,
  at: number,
  n: number,
  step: number,
  count: number,
): void {
  const to = base + at * step;
  const centre = taps[0]!;
  for (let i = 0; i < count; i++) target[to + i] = centre * source[to + i]!;
  for (let k = 1; k < taps.length; k++) {
    const tap = taps[k]!;
    const before = base + Math.max(at - k, 0) * step, after = base + Math.min(at + k, n - 1) * step;
    for (let i = 0; i < count; i++) target[to + i]! += tap * (source[before + i]! + source[after + i]!);
  }
}
