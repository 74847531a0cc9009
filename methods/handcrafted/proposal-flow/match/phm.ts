import { naiveAppearance } from "./nam.ts";
import type { Regions } from "./types.ts";

/** Cells of the offset space per picture area, smallest side of a cell, and cells of the scale axis. */
const CELLS = 8000;
const MIN_SIDE = 5;
const SCALE_BINS = 20;
const MAX_LOG_SCALE = 4;
/** Smoothing over 5x5x5 cells; the width at half height is half the window (2.354 = 2 sqrt(2 ln 2), rounded). */
const REACH = 2;
const SIGMA = 2.5 / 2.354;

/**
 * Probabilistic Hough matching (Ham et al. 2016, equation 3): every match votes for where it would carry the
 * bottom-right corner of the source picture, and for its change of size; its confidence is its similarity times the
 * smoothed votes of its own cell.
 *
 * The offset space spans twice the target picture from its top-left pixel, in cells of `sqrt(4 w h / 8000)` pixels, 5 at
 * least; the scale axis is log2 of the ratio of the areas, 20 cells from -4 to 4. A source box votes once per cell, by
 * its most similar match there. Matches beyond the space, or of too different aspects, have confidence 0.
 *
 * @returns [source boxes][target boxes]
 */
export function probabilisticHough(regions: Regions): Float64Array {
  const { source, target } = regions;
  const n = source.boxes.n, m = target.boxes.n;
  const similarity = naiveAppearance(regions);
  const side = Math.max(Math.sqrt(4 * target.size.width * target.size.height / CELLS), MIN_SIDE);
  const x = axis(1, 2 * target.size.width, side);
  const y = axis(1, 2 * target.size.height, side);
  const scale: Axis = { from: -MAX_LOG_SCALE, to: MAX_LOG_SCALE, bins: SCALE_BINS };
  const bin = bins(regions, similarity, x, y, scale);
  const votes = new Float64Array(x.bins * y.bins * scale.bins);
  const seen = new Int32Array(votes.length).fill(-1);
  const highest = new Float64Array(votes.length);
  for (let i = 0; i < n; i++) {
    // Raising the running sum by what the maximum rises needs no second walk over the cells.
    for (let j = i * m; j < (i + 1) * m; j++) {
      const cell = bin[j]!;
      if (cell < 0) continue;
      if (seen[cell] !== i) {
        seen[cell] = i;
        highest[cell] = 0;
      }
      const rise = similarity[j]! - highest[cell]!;
      if (rise > 0) {
        highest[cell] = similarity[j]!;
        votes[cell]! += rise;
      }
    }
  }
  const smooth = smoothVotes(votes, [x.bins, y.bins, scale.bins]);
  return similarity.map((value, k) => bin[k]! < 0 ? 0 : value * smooth[bin[k]!]!);
}

interface Axis {
  readonly from: number;
  readonly to: number;
  readonly bins: number;
}

/** Cells of about `side` pixels from the first pixel to the last one of twice the picture, counted from 1. */
function axis(from: number, to: number, side: number): Axis {
  return { from, to, bins: Math.max(1, Math.round(to / side)) };
}

/** The cell of a value, lower edge included; -1 beyond the axis. */
function binOf(value: number, { from, to, bins }: Axis): number {
  if (!(value >= from && value < to)) return -1;
  const edge = (k: number) => from + k * (to - from) / bins;
  const k = Math.min(Math.floor((value - from) * bins / (to - from)), bins - 1);
  // The edges decide where rounding of the division disagrees with them.
  if (value < edge(k)) return k - 1;
  return k + 1 < bins && value >= edge(k + 1) ? k + 1 : k;
}

/** [source boxes][target boxes]: index into [x][y][scale], -1 for matches that do not vote. */
function bins({ source, target }: Regions, similarity: Float64Array, x: Axis, y: Axis, scale: Axis): Int32Array {
  const n = source.boxes.n, m = target.boxes.n;
  const a = source.boxes.xyxy, b = target.boxes.xyxy;
  const out = new Int32Array(n * m).fill(-1);
  for (let i = 0; i < n; i++) {
    const right = a[4 * i + 2]!, bottom = a[4 * i + 3]!;
    const width = right - a[4 * i]!, height = bottom - a[4 * i + 1]!;
    for (let j = 0; j < m; j++) {
      if (similarity[i * m + j]! === 0) continue;
      const widthB = b[4 * j + 2]! - b[4 * j]!, heightB = b[4 * j + 3]! - b[4 * j + 1]!;
      // Counted from 1, as the cells are.
      const carriedX = b[4 * j + 2]! + 1 + (source.size.width - 1 - right) * widthB / width;
      const carriedY = b[4 * j + 3]! + 1 + (source.size.height - 1 - bottom) * heightB / height;
      const s = binOf(Math.log2(widthB * heightB / (width * height)), scale);
      const kx = binOf(carriedX, x), ky = binOf(carriedY, y);
      if (s >= 0 && kx >= 0 && ky >= 0) out[i * m + j] = (kx * y.bins + ky) * scale.bins + s;
    }
  }
  return out;
}

/** Gaussian smoothing along each axis, nothing beyond the border. @param volume [dims[0]][dims[1]][dims[2]] */
function smoothVotes(volume: Float64Array, dims: readonly [number, number, number]): Float64Array {
  const taps = Float64Array.from({ length: 2 * REACH + 1 }, (_, k) => Math.exp(-((k - REACH) ** 2) / (2 * SIGMA ** 2)));
  const sum = taps.reduce((total, tap) => total + tap, 0);
  taps.forEach((tap, k) => taps[k] = tap / sum);
  let from = volume;
  let stride = 1;
  for (let axis = 2; axis >= 0; axis--) {
    const length = dims[axis]!;
    const to = new Float64Array(from.length);
    for (let p = 0; p < from.length; p++) {
      const value = from[p]!;
      if (value === 0) continue;
      const at = Math.floor(p / stride) % length;
      const first = Math.max(-REACH, -at), last = Math.min(REACH, length - 1 - at);
      for (let k = first; k <= last; k++) to[p + k * stride]! += taps[k + REACH]! * value;
    }
    from = to;
    stride *= length;
  }
  return from;
}
