/**
 * Channel arithmetic: grey by the formulas of three libraries, layouts and normalisation.
 *
 * @module
 */

/**
 * MATLAB's `rgb2gray` on uint8, rounded to a byte. Octave's weights end after six digits, which rounds 236 of the 16.7
 * million colours otherwise: `core/descriptor/grey.ts` has those.
 *
 * @param rgb [n][3], 0..255 @returns [n]
 */
export function greyMatlab(rgb: ArrayLike<number>): Uint8Array {
  // In float64: a float32 sum could move a value over the half.
  return new Uint8Array(
    weighted(rgb, MATLAB, new Uint8ClampedArray(pixelCount(rgb)), (v) => Math.floor(v + 0.5)).buffer,
  );
}

// First row of the inverse of NTSC's YIQ matrix [1 .956 .621; 1 -.272 -.647; 1 -1.106 1.703], as MATLAB computes it.
const MATLAB = [0.298936021293776, 0.587043074451121, 0.114020904255103] as const;

/** The same weights without rounding, in the unit of the input. @param rgb [n][3] @returns [n] */
export function greyMatlabFloat(rgb: ArrayLike<number>): Float32Array {
  return weighted(rgb, MATLAB, new Float32Array(pixelCount(rgb)), (v) => v);
}

/** PIL's mode "L": (19595 R + 38470 G + 7471 B + 32768) >> 16, the ITU-R 601 weights. @param rgb [n][3], 0..255 @returns [n] */
export function greyPil(rgb: ArrayLike<number>): Uint8Array {
  const n = pixelCount(rgb);
  const grey = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    grey[i] = (19595 * rgb[3 * i]! + 38470 * rgb[3 * i + 1]! + 7471 * rgb[3 * i + 2]! + 32768) >> 16;
  }
  return grey;
}

/** scikit-image's `rgb2gray` of a uint8 picture: ITU-R 709 weights, 0..1. @param rgb [n][3], 0..255 @returns [n] */
export function greySkimage(rgb: ArrayLike<number>): Float32Array {
  return weighted(rgb, [0.2125, 0.7154, 0.0721], new Float32Array(pixelCount(rgb)), (v) => v / 255);
}

function weighted<T extends Float32Array | Uint8ClampedArray<ArrayBuffer>>(
  rgb: ArrayLike<number>,
  [r, g, b]: readonly [number, number, number],
  grey: T,
  finish: (value: number) => number,
): T {
  for (let i = 0; i < grey.length; i++) grey[i] = finish(r * rgb[3 * i]! + g * rgb[3 * i + 1]! + b * rgb[3 * i + 2]!);
  return grey;
}

function pixelCount(rgb: ArrayLike<number>): number {
  if (rgb.length % 3 !== 0) throw new RangeError(`Cannot read ${rgb.length} values as RGB: not a multiple of 3`);
  return rgb.length / 3;
}

/** Interleaved channels to planes. @param data [n][channels] @returns [channels][n] */
export function toPlanes(data: Float32Array, channels: number): Float32Array {
  return transpose(data, data.length / channels, channels);
}

/** Planes to interleaved channels. @param data [channels][n] @returns [n][channels] */
export function toInterleaved(data: Float32Array, channels: number): Float32Array {
  return transpose(data, channels, data.length / channels);
}

function transpose(data: Float32Array, rows: number, cols: number): Float32Array {
  if (!Number.isInteger(rows) || !Number.isInteger(cols)) {
    throw new RangeError(`Cannot rearrange ${data.length} values: not a multiple of the channels`);
  }
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0, from = r * cols; c < cols; c++) out[c * rows + r] = data[from + c]!;
  }
  return out;
}

/** Mean and standard deviation of R, G, B that a network was trained with, for values in 0..1. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** ImageNet's statistics. */
export const IMAGENET: Normalisation = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** 0..1 to -1..1. */
export const MINUS_ONE_TO_ONE: Normalisation = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/**
 * What a network reads: (v / 255 - mean) / std, in planes.
 *
 * @param pixels [n][3], 0..255 @returns [3][n]
 */
export function normalise(pixels: ArrayLike<number>, { mean, std }: Normalisation): Float32Array {
  const n = pixelCount(pixels);
  const out = new Float32Array(3 * n);
  for (let c = 0; c < 3; c++) {
    const m = mean[c]!;
    const s = std[c]!;
    const plane = c * n;
    // Division first and by 255, not by a folded factor: the order of ToTensor and Normalize.
    for (let i = 0, from = c; i < n; i++, from += 3) out[plane + i] = (pixels[from]! / 255 - m) / s;
  }
  return out;
}
