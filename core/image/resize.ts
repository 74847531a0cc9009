/**
 * Resizing that gives the values of PIL and of torch, on which published numbers rest. Native resizers differ by up to
 * 90 of 255 where they place samples differently, which moves PCK.
 *
 * @module
 */
import type { Image, Size } from "../types.ts";
import { resampleBytesX, resampleBytesY, resampleX, resampleY } from "./_passes.ts";
import { clippedTaps, cubic, isIdentity, type Kernel, LANCZOS, LINEAR, pointTaps, type Taps } from "./taps.ts";

export { resampleX, resampleY } from "./_passes.ts";

/** A filter of `PIL.Image.resize`. */
export type PilKernel = "bilinear" | "bicubic" | "lanczos";

const PIL: { readonly [name in PilKernel]: Kernel } = { bilinear: LINEAR, bicubic: cubic(-0.5), lanczos: LANCZOS };

/**
 * `PIL.Image.resize(size, kernel)` of an 8-bit RGB picture, bit for bit: antialiased, horizontally first, 22-bit fixed
 * point, rounded to bytes after each pass.
 *
 * @returns [size.height][size.width][3]
 */
export function resizePil(
  { width, height, data }: Pick<Image, "width" | "height" | "data">,
  size: Size,
  kernel: PilKernel,
): Uint8Array {
  checkLength(data, height * width * 3);
  const x = clippedTaps(width, size.width, PIL[kernel]);
  const y = clippedTaps(height, size.height, PIL[kernel]);
  // PIL leaves a pass out when the side stays; so the bytes are copied even where nothing is left to do.
  const wide = width === size.width ? data.slice() : resampleBytesX(data, height, 3, x);
  return height === size.height ? wide : resampleBytesY(wide, size.width * 3, y);
}

/** Options of `torch.nn.functional.interpolate` on a float map. */
export interface TorchResize {
  readonly kernel: "bilinear" | "bicubic";
  /** Widen the kernel when shrinking. Default false. The cubic's a is -0.5 with antialias and -0.75 without, as in torch. */
  readonly antialias?: boolean;
  /** Corner centres coincide. Default false. */
  readonly alignCorners?: boolean;
  /**
   * The `scale_factor` given to torch with `recompute_scale_factor=False`: it maps the coordinates instead of the ratio
   * of the sizes (DINOv2 resamples its positions by (n + 0.1) / 37). Ignored with aligned corners, as in torch.
   */
  readonly scale?: { readonly rows: number; readonly cols: number };
}

/** Rows and columns of a map. */
export interface MapSize {
  readonly rows: number;
  readonly cols: number;
}

/** Resizes a map of interleaved channels as torch does. @param data [rows][cols][channels] @returns [to.rows][to.cols][channels] */
export function resizeHwc(
  data: Float32Array,
  { rows, cols, channels }: MapSize & { readonly channels: number },
  to: MapSize,
  options: TorchResize,
): Float32Array {
  checkLength(data, rows * cols * channels);
  const x = torchTaps(cols, to.cols, options, options.scale?.cols);
  const y = torchTaps(rows, to.rows, options, options.scale?.rows);
  const wide = isIdentity(x) ? data : resampleX(data, rows, channels, x);
  if (isIdentity(y)) return wide === data ? data.slice() : wide;
  return resampleY(wide, to.cols * channels, y);
}

/** Resizes channel planes as torch does. @param data [channels][rows][cols] @returns [channels][to.rows][to.cols] */
export function resizeChw(
  data: Float32Array,
  { rows, cols, channels }: MapSize & { readonly channels: number },
  to: MapSize,
  options: TorchResize,
): Float32Array {
  checkLength(data, rows * cols * channels);
  const x = torchTaps(cols, to.cols, options, options.scale?.cols);
  const y = torchTaps(rows, to.rows, options, options.scale?.rows);
  const wide = isIdentity(x) ? data : resampleX(data, channels * rows, 1, x);
  if (isIdentity(y)) return wide === data ? data.slice() : wide;
  const out = new Float32Array(channels * to.rows * to.cols);
  for (let c = 0; c < channels; c++) {
    const plane = wide.subarray(c * rows * to.cols, (c + 1) * rows * to.cols);
    out.set(resampleY(plane, to.cols, y), c * to.rows * to.cols);
  }
  return out;
}

function torchTaps(from: number, to: number, options: TorchResize, scale: number | undefined): Taps {
  const { kernel, antialias = false, alignCorners = false } = options;
  if (scale !== undefined && !(scale > 0)) throw new RangeError(`Cannot resize by scale ${scale}: it must be positive`);
  const step = scale === undefined ? from / to : 1 / scale;
  if (!antialias) return pointTaps(from, to, kernel, { alignCorners, step });
  // torch's antialiased kernels centre by (i + 0.5) * step even with aligned corners; only the step changes.
  const aaStep = alignCorners ? (to > 1 ? (from - 1) / (to - 1) : 0) : step;
  return clippedTaps(from, to, kernel === "bilinear" ? LINEAR : cubic(-0.5), aaStep);
}

function checkLength(data: ArrayLike<number>, expected: number): void {
  if (data.length !== expected) {
    throw new RangeError(`Cannot resize: the data has ${data.length} values and its shape needs ${expected}`);
  }
}
