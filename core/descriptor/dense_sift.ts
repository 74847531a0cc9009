import {
  type Dsift,
  dsift,
  dsiftBytes,
  dsiftHasPlanes,
  type DsiftOptions,
  type DsiftPlanes,
  dsiftPlanes,
  dsiftSpan,
} from "./dsift.ts";
import { gaussianSmooth, type Plane, replicatePad } from "./plane.ts";

/** What {@linkcode denseSift} computes. */
export interface DenseSiftOptions
  extends Pick<DsiftOptions, "step" | "window" | "windowSize" | "output" | "contrast" | "norms"> {
  /** Bin sizes in pixels: one scale each. */
  readonly bins: readonly number[];
  /** Smooth the picture by a Gaussian of bin / magnif pixels first (PHOW: 6); null: not at all. */
  readonly magnif?: number | null;
  /**
   * Repeat the border outwards, so that descriptors lie at pixels 0, step, 2 step, ... over the whole picture (half a
   * pixel further for odd bins, whose centres lie between pixels). Otherwise only where they fit.
   */
  readonly pad: boolean;
  /** RootSIFT: the square root of the descriptor divided by its sum. */
  readonly rootsift?: boolean;
}

/** Smallest side in pixels of a picture that needs no padding. */
export function denseSiftMinimum(bins: readonly number[]): number {
  return dsiftSpan(Math.max(...bins));
}

/**
 * Dense SIFT at one or several scales on grids with common centres (exactly so where all bins are even or all are odd):
 * with several bins and `magnif` this is VLFeat's PHOW.
 *
 * @param image see {@linkcode dsift}; `contrast` is compared in the units of its values.
 * @returns one grid per bin, origins in pixels of `image`.
 * @throws {RangeError} where the picture is below `denseSiftMinimum(bins)` and `pad` is off.
 */
export function denseSift(image: Plane, options: DenseSiftOptions): Dsift[] {
  const maps = atAllScales(image, options, dsift);
  if (options.rootsift) { for (const { data } of maps) takeRoots(data); }
  return maps;
}

/**
 * {@linkcode denseSift} of whole numbers, as bytes: a quarter of the memory.
 *
 * @throws {RangeError} as it does, and for output `float` or rootsift, which are no whole numbers
 */
export function denseSiftBytes(image: Plane, options: DenseSiftOptions): Dsift<Uint8Array>[] {
  if (options.rootsift) throw new RangeError("Cannot give dense SIFT as bytes: rootsift has fractions");
  return atAllScales(image, options, dsiftBytes);
}

/** Whether {@linkcode denseSiftPlanes} can be had. */
export function hasPlanes(options: DenseSiftOptions): boolean {
  return dsiftHasPlanes(options) && !options.rootsift;
}

/**
 * What {@linkcode denseSift} makes its descriptors from, where {@linkcode hasPlanes} says so.
 *
 * @throws {RangeError} as it does, and for other settings
 */
export function denseSiftPlanes(image: Plane, options: DenseSiftOptions): DsiftPlanes[] {
  if (options.rootsift) throw new RangeError("Cannot give the planes of dense SIFT: not for rootsift");
  return atAllScales(image, options, dsiftPlanes);
}

function atAllScales<Found extends Pick<Dsift, "origin">>(
  image: Plane,
  options: DenseSiftOptions,
  describe: (image: Plane, options: DsiftOptions) => Found,
): Found[] {
  const { bins, magnif = null, pad } = options;
  const largest = Math.max(...bins);
  return bins.map((bin) => {
    const smooth = magnif === null ? image : gaussianSmooth(image, bin / magnif);
    if (pad) return padded(smooth, bin, options, describe);
    const start = Math.floor(1.5 * (largest - bin));
    return describe(smooth, { ...options, bin, start: { x: start, y: start } });
  });
}

function padded<Found extends Pick<Dsift, "origin">>(
  image: Plane,
  bin: number,
  options: DenseSiftOptions,
  describe: (image: Plane, options: DsiftOptions) => Found,
): Found {
  // One pixel more than the outermost bins need, as DSP pads (7 for bins of 4): gradients there are central too.
  const around = Math.ceil(1.5 * bin) + 1;
  const start = around - Math.floor(1.5 * bin);
  const { step } = options;
  const result = describe(replicatePad(image, { left: around, top: around, right: around, bottom: around }), {
    ...options,
    bin,
    start: { x: start, y: start },
    limit: { cols: Math.floor((image.width - 1) / step) + 1, rows: Math.floor((image.height - 1) / step) + 1 },
  });
  return { ...result, origin: { x: result.origin.x - around, y: result.origin.y - around } };
}

function takeRoots(data: Float32Array) {
  for (let from = 0; from < data.length; from += 128) {
    let sum = 0;
    for (let i = from; i < from + 128; i++) sum += data[i]!;
    if (sum === 0) continue;
    for (let i = from; i < from + 128; i++) data[i] = Math.sqrt(data[i]! / sum);
  }
}
