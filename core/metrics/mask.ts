import { InputError } from "../errors.ts";
import type { Points, Size } from "../types.ts";

/** A binary mask: [height][width], 0 or 1. */
export interface Mask extends Size {
  readonly data: Uint8Array;
}

/**
 * The pixels whose centres lie inside a closed polygon or on its outline (even-odd rule), as scikit-image's
 * `draw.polygon` fills it.
 */
export function fillPolygon(polygon: Points, size: Size): Mask {
  const { n, xy } = polygon;
  const { width, height } = size;
  const data = new Uint8Array(width * height);
  // Edges that reach the row: no other can hold a pixel of it or be crossed on the way to one.
  const active = new Int32Array(n);
  for (let row = 0; row < height; row++) {
    let count = 0;
    for (let i = 0, j = n - 1; i < n; j = i++) {
      const y1 = xy[2 * i + 1]! - row, y2 = xy[2 * j + 1]! - row;
      if (!(y1 > 0 && y2 > 0 || y1 < 0 && y2 < 0)) active[count++] = i;
    }
    if (count === 0) continue;
    for (let col = 0; col < width; col++) {
      let inside = false;
      let outline = false;
      for (let k = 0; k < count && !outline; k++) {
        const i = active[k]!, j = i === 0 ? n - 1 : i - 1;
        const x1 = xy[2 * i]! - col, y1 = xy[2 * i + 1]! - row;
        const x2 = xy[2 * j]! - col, y2 = xy[2 * j + 1]! - row;
        const cross = x1 * y2 - x2 * y1;
        // On the segment: collinear with it and between its ends.
        if (cross === 0 && x1 * x2 <= 0 && y1 * y2 <= 0) outline = true;
        else if (y1 > 0 !== y2 > 0 && cross > 0 === y2 > y1) inside = !inside;
      }
      if (inside || outline) data[row * width + col] = 1;
    }
  }
  return { width, height, data };
}

function sameSize(a: Mask, b: Mask): void {
  if (a.width !== b.width || a.height !== b.height) {
    throw new InputError(`Cannot compare masks of ${a.width} x ${a.height} and ${b.width} x ${b.height} pixels`);
  }
}

/** LT-ACC, label transfer accuracy (Liu et al. 2011): share of pixels with the same label. */
export function labelTransferAccuracy(predicted: Mask, truth: Mask): number {
  sameSize(predicted, truth);
  let same = 0;
  for (let i = 0; i < truth.data.length; i++) if (predicted.data[i] === truth.data[i]) same++;
  return same / truth.data.length;
}

/** Intersection over union of the foreground; 1 where both masks are empty. */
export function intersectionOverUnion(predicted: Mask, truth: Mask): number {
  sameSize(predicted, truth);
  let both = 0;
  let either = 0;
  for (let i = 0; i < truth.data.length; i++) {
    if (predicted.data[i] === 1 && truth.data[i] === 1) both++;
    if (predicted.data[i] === 1 || truth.data[i] === 1) either++;
  }
  return either === 0 ? 1 : both / either;
}

/** A sampling grid over the target: [height][width][2], normalised source (x, y) in [-1, 1]. */
export interface SamplingGrid extends Size {
  readonly data: Float32Array;
  /** Where -1 and 1 lie: at the centres of the corner pixels, or at the picture's edges. */
  readonly alignCorners: boolean;
}

/** The source mask seen through a sampling grid: bilinear, zero outside, foreground above one half. */
export function warpMask(source: Mask, grid: SamplingGrid): Mask {
  const data = new Uint8Array(grid.width * grid.height);
  const pixel = (value: number, length: number) =>
    grid.alignCorners ? (value + 1) / 2 * (length - 1) : ((value + 1) * length - 1) / 2;
  for (let i = 0; i < data.length; i++) {
    const x = pixel(grid.data[2 * i]!, source.width);
    const y = pixel(grid.data[2 * i + 1]!, source.height);
    if (sample(source, x, y) > 0.5) data[i] = 1;
  }
  return { width: grid.width, height: grid.height, data };
}

/**
 * The source mask seen through displacements in pixels, target -> source.
 *
 * @param flow [height][width][2], of the result's size
 */
export function warpMaskByFlow(source: Mask, flow: Float32Array, size: Size): Mask {
  const data = new Uint8Array(size.width * size.height);
  // Through [-1, 1] and back in float32, as the official samplers go: it decides values of exactly one half.
  const there = (value: number, length: number) =>
    Math.fround(Math.fround(2 * Math.fround(value) / Math.max(length - 1, 1)) - 1);
  const back = (value: number, length: number) => Math.fround(Math.fround(Math.fround(value + 1) / 2) * (length - 1));
  for (let i = 0; i < data.length; i++) {
    const x = back(there(i % size.width + flow[2 * i]!, size.width), source.width);
    const y = back(there(Math.floor(i / size.width) + flow[2 * i + 1]!, size.height), source.height);
    if (sample(source, x, y) > 0.5) data[i] = 1;
  }
  return { width: size.width, height: size.height, data };
}

function sample({ width, height, data }: Mask, x: number, y: number): number {
  const x0 = Math.floor(x), y0 = Math.floor(y);
  const fx = x - x0, fy = y - y0;
  const at = (col: number, row: number) =>
    col >= 0 && col < width && row >= 0 && row < height ? data[row * width + col]! : 0;
  const part = (label: number, a: number, b: number) => label === 0 ? 0 : Math.fround(Math.fround(a) * Math.fround(b));
  const add = (a: number, b: number) => Math.fround(a + b);
  return add(
    add(add(part(at(x0, y0), 1 - fx, 1 - fy), part(at(x0 + 1, y0), fx, 1 - fy)), part(at(x0, y0 + 1), 1 - fx, fy)),
    part(at(x0 + 1, y0 + 1), fx, fy),
  );
}

/**
 * LOC-ERR, localisation error (Kim et al., CVPR 2013), as WeakAlign computes it: every target pixel that the grid sends
 * into the source picture has a position relative to the foreground's box in either picture; the mean of |dx| + |dy|
 * over them. Positions are 1-based and cut to whole pixels; a grid value outside (-1, 1) sends its pixel nowhere.
 *
 * @throws InputError where a mask is empty or no pixel is sent into the source picture
 */
export function localisationError(source: Mask, target: Mask, grid: SamplingGrid): number {
  const from = boxOf(source, "source");
  const to = boxOf(target, "target");
  let sum = 0;
  let n = 0;
  for (let i = 0; i < grid.width * grid.height; i++) {
    const gx = grid.data[2 * i]!, gy = grid.data[2 * i + 1]!;
    if (!(gx > -1 && gx < 1 && gy > -1 && gy < 1)) continue;
    const x1 = i % grid.width + 1, y1 = Math.floor(i / grid.width) + 1;
    const x2 = unnormalised(gx, source.width), y2 = unnormalised(gy, source.height);
    if (!(x2 >= 1 && x2 <= source.width && y2 >= 1 && y2 <= source.height)) continue;
    const dx = (Math.trunc(x2) - from.left) / from.width - (x1 - to.left) / to.width;
    const dy = (Math.trunc(y2) - from.top) / from.height - (y1 - to.top) / to.height;
    sum += Math.abs(dx) + Math.abs(dy);
    n++;
  }
  if (n === 0) throw new InputError("Cannot compute LOC-ERR: no target pixel is sent into the source picture");
  return sum / n;
}

/** Normalised -> 1-based pixels, in the official float32: the result is cut to whole pixels. */
function unnormalised(value: number, length: number): number {
  const half = Math.fround(Math.fround(value * (length - 1)) / 2);
  return Math.fround(half + 1 + (length - 1) / 2);
}

/** The foreground's box: 0-based left and top, and its extent in pixels. */
function boxOf({ width, height, data }: Mask, name: string) {
  let left = width, right = -1, top = height, bottom = -1;
  for (let i = 0; i < data.length; i++) {
    if (data[i] !== 1) continue;
    const x = i % width, y = Math.floor(i / width);
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  if (right < 0) throw new InputError(`Cannot compute LOC-ERR: the ${name} mask is empty`);
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}
