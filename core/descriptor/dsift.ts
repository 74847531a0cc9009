import { orientationPlanes } from "./_dsift_gradient.ts";
import { normaliser, type Output, type Values } from "./_dsift_normalise.ts";
import { flatWeights, flatWindow, gaussianWindow, triangleFilter } from "./_dsift_window.ts";
import type { Plane } from "./plane.ts";

/** What {@linkcode dsift} computes. */
export interface DsiftOptions {
  /** Pixels between descriptors, in x and y; an integer of at least 1. */
  readonly step: number;
  /** Side of one of the 4x4 spatial bins in pixels; an integer of at least 1. */
  readonly bin: number;
  /**
   * `gaussian`: every gradient is weighted by the window. `flat`: the window's mean over each bin only ("fast"), whose
   * cost does not depend on the bin's size.
   */
  readonly window: "flat" | "gaussian";
  /** Standard deviation of the window in bins. Default 2. */
  readonly windowSize?: number;
  /** `float`; or whole numbers 0..255, `truncate` as VLFeat gives by default, or `round`. Default `float`. */
  readonly output?: Output;
  /** Pixel of the centre of the top-left bin of the first descriptor. Default (0, 0). */
  readonly start?: { readonly x: number; readonly y: number };
  /** At most so many columns and rows; default: all that fit. */
  readonly limit?: { readonly cols: number; readonly rows: number };
  /** Descriptors whose norm is below this become zero; the scale is that of the picture's values. Default 0. */
  readonly contrast?: number;
  /** Also give each descriptor's norm. */
  readonly norms?: boolean;
}

/** Dense SIFT on a grid. */
export interface Dsift<Data extends Values = Float32Array> {
  readonly rows: number;
  readonly cols: number;
  /** Pixel (0-based) at the centre of the first descriptor: start + 1.5 bin. */
  readonly origin: { readonly x: number; readonly y: number };
  /** [rows][cols][128]; within a descriptor [y bin][x bin][orientation], VLFeat's order. 512 x the unit vector, at most 255. */
  readonly data: Data;
  /** [rows][cols]: gradient mass per pixel of the descriptor, before normalisation. */
  readonly norms?: Float32Array;
}

/** Bins from the first descriptor's first to its last centre: a descriptor spans 3 bin sizes plus one pixel. */
export function dsiftSpan(bin: number): number {
  return 3 * bin + 1;
}

/**
 * Dense SIFT with VLFeat's geometry and arithmetic (`vl_dsift`): 4x4 bins of 8 orientations, bilinear in space (triangular
 * kernels) and orientation, no rotation, one scale. Descriptors lie where all bin centres are pixels of the picture.
 *
 * Orientation k stands for gradients pointing to the angle 2 pi k / 8 from +x towards +y.
 *
 * All arithmetic is rounded to single precision in VLFeat's order, so that 8-bit output agrees number by number.
 *
 * @param image values in 0..255 for VLFeat's usual norms; at least `dsiftSpan(bin)` pixels from `start` on each side.
 * @throws {RangeError} where no descriptor fits, or a size is not a whole number of at least 1.
 */
export function dsift(image: Plane, options: DsiftOptions): Dsift {
  return describe(image, options, (length) => new Float32Array(length));
}

/** {@linkcode dsift} of whole numbers, as bytes. @throws {RangeError} as it does, and for output `float` */
export function dsiftBytes(image: Plane, options: DsiftOptions): Dsift<Uint8Array> {
  if ((options.output ?? "float") === "float") {
    throw new RangeError("Cannot give dense SIFT as bytes: output is float; use truncate or round");
  }
  return describe(image, options, (length) => new Uint8Array(length));
}

/** What descriptors of the flat window are made from: a sixteenth of their memory. */
export interface DsiftPlanes extends Omit<Dsift, "data" | "norms"> {
  /** [height][width][8]: gradients by orientation, gathered over a bin around every pixel. */
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly bin: number;
  /** Pixel of the first bin of the first descriptor, and pixels between descriptors. */
  readonly start: { readonly x: number; readonly y: number };
  readonly step: number;
  /** [4][4]: factor of each bin, x before y. */
  readonly weights: Float32Array;
}

/** Whether {@linkcode dsiftPlanes} can be had. */
export function dsiftHasPlanes(
  { window, output = "float", contrast = 0, norms = false }: Omit<DsiftOptions, "bin">,
): boolean {
  return window === "flat" && output === "float" && contrast === 0 && !norms;
}

/**
 * What {@linkcode dsift} with the flat window and output `float` makes its descriptors from; the operation
 * `siftDescriptors` makes the same ones, bit by bit, from them.
 *
 * @throws {RangeError} as it does, and for other windows or outputs
 */
export function dsiftPlanes(image: Plane, options: DsiftOptions): DsiftPlanes {
  const { step, bin, windowSize = 2 } = options;
  if (!dsiftHasPlanes(options)) {
    throw new RangeError(
      "Cannot give the planes of dense SIFT: only for window flat, output float, contrast 0, no norms",
    );
  }
  const places = placesOf(image, options);
  const { width, height } = image;
  const data = triangleFilter(orientationPlanes(image), width, height, bin);
  return { ...places, data, width, height, bin, step, weights: flatWeights(bin, windowSize) };
}

/** Where descriptors lie. @throws {RangeError} where none fits, or a size is no whole number of at least 1 */
function placesOf(image: Plane, { step, bin, start = { x: 0, y: 0 }, limit }: DsiftOptions) {
  if (!(Number.isInteger(step) && step >= 1 && Number.isInteger(bin) && bin >= 1)) {
    throw new RangeError(`Cannot compute dense SIFT with step ${step} and bin ${bin}: both must be integers >= 1`);
  }
  const span = dsiftSpan(bin);
  const count = (size: number, from: number) => Math.floor((size - from - span) / step) + 1;
  const cols = Math.min(count(image.width, start.x), limit?.cols ?? Infinity);
  const rows = Math.min(count(image.height, start.y), limit?.rows ?? Infinity);
  if (cols < 1 || rows < 1) {
    throw new RangeError(
      `Cannot compute dense SIFT of ${image.width}x${image.height} pixels: bins of ${bin} need ${span}x${span}`,
    );
  }
  const half = 1.5 * bin;
  return { rows, cols, start, origin: { x: start.x + half, y: start.y + half } };
}

function describe<Data extends Values>(
  image: Plane,
  options: DsiftOptions,
  make: (length: number) => Data,
): Dsift<Data> {
  const { step, bin, window, windowSize = 2, output = "float", contrast = 0 } = options;
  const { rows, cols, start, origin } = placesOf(image, options), span = dsiftSpan(bin);
  const planes = orientationPlanes(image);
  const xs = Int32Array.from({ length: cols }, (_, i) => start.x + i * step);

  const data = make(rows * cols * 128);
  const norms = options.norms || contrast > 0 ? new Float32Array(rows * cols) : undefined;
  const fill = window === "flat"
    ? flatWindow(planes, image, bin, windowSize)
    : gaussianWindow(planes, image, bin, windowSize, xs);
  const normalise = normaliser({ output, contrast, area: span * span });
  // Four descriptors at a time: their sums are independent chains, which hides the latency of each.
  const block = new Float32Array(128 * 4);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col += 4) {
      fill(block, start.y + row * step, xs, col);
      normalise(block, Math.min(4, cols - col), row * cols + col, data, norms);
    }
  }
  return { rows, cols, origin, data, ...(norms ? { norms } : {}) };
}
