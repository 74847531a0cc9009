/**
 * How a picture of any size meets the size a network reads, and the frame that tells where its pixels went.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { paddedFrame, stretchFrame } from "../frame.ts";
import type { Frame, Image, Size } from "../types.ts";
import { type PilKernel, resizeHwc, resizePil, type TorchResize } from "./resize.ts";

/** Names of {@linkcode FitOptions.mode}. */
export const FIT_MODES = ["none", "stretch", "pad", "longest-side"] as const;
export type FitMode = typeof FIT_MODES[number];

/** Names of {@linkcode FitOptions.resample}. */
export const RESAMPLERS = [
  "pil-bilinear",
  "pil-bicubic",
  "pil-lanczos",
  "torch-bilinear",
  "torch-bilinear-antialias",
  "torch-bicubic",
  "torch-bicubic-antialias",
] as const;
export type Resampler = typeof RESAMPLERS[number];

export interface FitOptions {
  /**
   * - `none`: the picture's own size, stretched to the nearest multiple where `multiple` asks for it.
   * - `stretch`: to `size`, without keeping the aspect.
   * - `pad`: the longest side to `size`, the other rounded half to even, centred (rounded down) on a black square:
   *   GeoAware-SC, sd-dino.
   * - `longest-side`: the longest side to `size`, the other rounded down (HPF, SCOT), or both to the nearest multiple.
   */
  readonly mode: FitMode;
  /** Side in pixels, or width and height for `stretch`. Not read by `none`. */
  readonly size?: number | Size | null;
  /** Whose resampling, with which kernel: see resize.ts. `pil-*` gives whole numbers. */
  readonly resample: Resampler;
  /** The network's sides must be multiples of this (its patch). Default 1. */
  readonly multiple?: number;
  /** `longest-side` only: false leaves pictures that are smaller as they are (HPF). Default true. */
  readonly enlarge?: boolean;
}

/** What a network reads, before normalisation. */
export interface Fitted {
  /** [size.height][size.width][3], 0..255; cubic and torch resampling may overshoot. */
  readonly pixels: Float32Array;
  readonly size: Size;
  /** Original to network pixels, half-pixel convention. */
  readonly frame: Frame;
}

/**
 * Fits a picture to a network.
 *
 * @throws InputError where the size is missing, no positive integer, or no multiple of `multiple`.
 */
export function fit(image: Image, options: FitOptions): Fitted {
  const { network, resized, offset } = layout(image, options);
  const inner = resample(image, resized, options.resample);
  return {
    pixels: offset === undefined ? inner : place(inner, resized, offset, network),
    size: network,
    frame: offset === undefined ? stretchFrame(image, network) : paddedFrame(image, resized, offset, network),
  };
}

interface Layout {
  readonly network: Size;
  /** The size of the picture inside the network's. */
  readonly resized: Size;
  /** Where it lies; absent where it fills the network's size. */
  readonly offset?: { readonly x: number; readonly y: number };
}

function layout({ width, height }: Size, options: FitOptions): Layout {
  const { mode, multiple = 1, enlarge = true } = options;
  const fill = (network: Size): Layout => ({ network, resized: network });
  const nearest = (side: number) => Math.max(1, Math.round(side / multiple)) * multiple;
  switch (mode) {
    case "none":
      return fill({ width: nearest(width), height: nearest(height) });
    case "stretch": {
      const { size } = options;
      const network = typeof size === "object" && size !== null ? size : { width: size, height: size };
      return fill({ width: side(network.width, options), height: side(network.height, options) });
    }
    case "pad": {
      const size = side(options.size, options);
      const longest = Math.max(width, height);
      const resized = {
        width: Math.max(1, roundHalfEven(size * width / longest)),
        height: Math.max(1, roundHalfEven(size * height / longest)),
      };
      const offset = { x: Math.floor((size - resized.width) / 2), y: Math.floor((size - resized.height) / 2) };
      return { network: { width: size, height: size }, resized, offset };
    }
    case "longest-side": {
      const size = side(options.size, options);
      const longest = Math.max(width, height);
      if (longest < size && !enlarge) return fill({ width: nearest(width), height: nearest(height) });
      // The longest side is `size` by definition; (size / longest) * longest may be an ulp less and lose a pixel.
      const other = (n: number) => multiple > 1 ? nearest(n * size / longest) : Math.trunc(n * (size / longest));
      const fitted = (n: number) => n === longest ? size : Math.max(1, other(n));
      return fill({ width: fitted(width), height: fitted(height) });
    }
  }
}

function side(asked: number | Size | null | undefined, { mode, multiple = 1 }: FitOptions): number {
  if (typeof asked !== "number") {
    throw new InputError(`Cannot fit a picture by "${mode}" without one side in pixels; set size, such as size=840`);
  }
  if (!Number.isSafeInteger(asked) || asked < 1) {
    throw new InputError(`Cannot fit a picture to size ${asked}: it must be a whole number of at least 1`);
  }
  if (asked % multiple !== 0) {
    const near = Math.max(1, Math.round(asked / multiple)) * multiple;
    throw new InputError(
      `Cannot fit a picture to size ${asked}: the network needs multiples of ${multiple}, such as ${near}`,
    );
  }
  return asked;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function resample(image: Image, to: Size, resampler: Resampler): Float32Array {
  const { width, height, data } = image;
  if (width === to.width && height === to.height) return Float32Array.from(data);
  const [library, kernel, antialias] = resampler.split("-") as [string, string, string?];
  if (library === "pil") return Float32Array.from(resizePil(image, to, kernel as PilKernel));
  return resizeHwc(
    Float32Array.from(data),
    { rows: height, cols: width, channels: 3 },
    { rows: to.height, cols: to.width },
    { kernel: kernel as TorchResize["kernel"], antialias: antialias !== undefined },
  );
}

function place(pixels: Float32Array, size: Size, offset: { x: number; y: number }, network: Size): Float32Array {
  const canvas = new Float32Array(network.width * network.height * 3);
  for (let y = 0; y < size.height; y++) {
    const row = pixels.subarray(y * size.width * 3, (y + 1) * size.width * 3);
    canvas.set(row, ((y + offset.y) * network.width + offset.x) * 3);
  }
  return canvas;
}
