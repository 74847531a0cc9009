import type { Size } from "../types.ts";

/** A picture of one channel in floating point. */
export interface Plane extends Size {
  /** [height][width] */
  readonly data: Float32Array;
}

/** The picture with `left`, `top`, ... pixels of its nearest border pixel around it. */
export function replicatePad(plane: Plane, pad: { left: number; top: number; right: number; bottom: number }): Plane {
  const width = plane.width + pad.left + pad.right;
  const height = plane.height + pad.top + pad.bottom;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = Math.min(Math.max(y - pad.top, 0), plane.height - 1) * plane.width;
    const row = plane.data.subarray(from, from + plane.width);
    const to = y * width;
    data.fill(row[0]!, to, to + pad.left);
    data.set(row, to + pad.left);
    data.fill(row[plane.width - 1]!, to + pad.left + plane.width, to + width);
  }
  return { width, height, data };
}

/**
 * Gaussian smoothing as VLFeat's `vl_imsmooth` does it in single precision: support of ceil(4 sigma) pixels to each
 * side, weights normalised to one, borders repeated, x before y. A sigma below 0.01 changes nothing.
 */
export function gaussianSmooth(plane: Plane, sigma: number): Plane {
  if (sigma < 0.01) return plane;
  const reach = Math.ceil(4 * sigma);
  const taps = new Float32Array(2 * reach + 1);
  let sum = 0;
  for (let i = 0; i < taps.length; i++) {
    const z = Math.fround((i - reach) / (sigma + 2 ** -23));
    taps[i] = Math.exp(-0.5 * Math.fround(z * z));
    sum = Math.fround(sum + taps[i]!);
  }
  for (let i = 0; i < taps.length; i++) taps[i] = taps[i]! / sum;
  const { width, height } = plane;
  const across = new Float32Array(width * height);
  convolve(plane.data, across, taps, { lines: height, lineStep: width, n: width, step: 1 });
  const data = new Float32Array(width * height);
  convolve(across, data, taps, { lines: width, lineStep: 1, n: height, step: width });
  return { width, height, data };
}

/** Odd filter along one axis, borders repeated, every sum rounded to single precision in the order of the source. */
function convolve(
  source: Float32Array,
  target: Float32Array,
  taps: Float32Array,
  axis: { lines: number; lineStep: number; n: number; step: number },
) {
  const reach = (taps.length - 1) / 2;
  for (let line = 0; line < axis.lines; line++) {
    const base = line * axis.lineStep;
    for (let i = 0; i < axis.n; i++) {
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        const j = Math.min(Math.max(i + k, 0), axis.n - 1);
        sum = Math.fround(sum + Math.fround(source[base + j * axis.step]! * taps[k + reach]!));
      }
      target[base + i * axis.step] = sum;
    }
  }
}
