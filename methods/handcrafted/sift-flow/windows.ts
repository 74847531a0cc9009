/**
 * Where each level of SIFT Flow searches.
 *
 * @module
 */
import type { Taps } from "../../../core/image/taps.ts";

/** Rows and columns of a map. */
export interface MapSize {
  readonly rows: number;
  readonly cols: number;
}

/** MATLAB's `round`: halves away from zero. */
function round(v: number): number {
  return v < 0 ? -Math.floor(-v + 0.5) : Math.floor(v + 0.5);
}

/**
 * The displacement that maps the extent of the source onto that of the target, in whole cells: [rows][cols][2], (x, y).
 * A side of one cell has no extent; it stays where it is.
 */
export function linearMap(source: MapSize, target: MapSize): Int32Array {
  const axis = (n: number, m: number) =>
    Int32Array.from({ length: n }, (_, i) => n === 1 ? 0 : round(i * (m - 1) / (n - 1) + 1 - (i + 1)));
  const dx = axis(source.cols, target.cols), dy = axis(source.rows, target.rows);
  const out = new Int32Array(2 * source.rows * source.cols);
  for (let y = 0, i = 0; y < source.rows; y++) {
    for (let x = 0; x < source.cols; x++) {
      out[i++] = dx[x]!;
      out[i++] = dy[y]!;
    }
  }
  return out;
}

/**
 * Window centres of a finer level: its own linear map plus twice what the flow of the coarser level adds to its linear
 * map, resized bicubically (MATLAB's `imresize`) and rounded.
 *
 * @param flow [coarse.rows][coarse.cols][2] @returns [fine.rows][fine.cols][2]
 */
export function refineCentres(
  flow: Int32Array,
  coarse: { readonly source: MapSize; readonly base: Int32Array },
  fine: { readonly source: MapSize; readonly base: Int32Array },
): Int32Array {
  const added = new Float64Array(flow.length);
  for (let i = 0; i < added.length; i++) added[i] = flow[i]! - coarse.base[i]!;
  const resized = resize(added, coarse.source, fine.source);
  return fine.base.map((v, i) => round(v + 2 * resized[i]!));
}

/** Bicubic resize of [rows][cols][2] in double precision, the axis of the smaller scale first, rows where equal. */
function resize(data: Float64Array, from: MapSize, to: MapSize): Float64Array {
  const x = enlarging(from.cols, to.cols), y = enlarging(from.rows, to.rows);
  if (to.rows / from.rows <= to.cols / from.cols) {
    return alongCols(alongRows(data, 2 * from.cols, y), to.rows, x);
  }
  return alongRows(alongCols(data, from.rows, x), 2 * to.cols, y);
}

const CUBIC_TAPS = 6;

/**
 * The table of `mirroredTaps` for enlarging, computed by MATLAB's formulas with positions counted from 1. Results half
 * way between whole numbers are common here, and the last bit of a weight decides where they are rounded to.
 */
function enlarging(from: number, to: number): Taps {
  const scale = to / from, count = CUBIC_TAPS;
  const index = new Int32Array(to * count), weight = new Float64Array(to * count);
  for (let i = 0; i < to; i++) {
    const centre = (i + 1) / scale + 0.5 * (1 - 1 / scale);
    const left = Math.floor(centre - 2);
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const w = cubicAt(Math.abs(centre - (left + k)));
      weight[i * count + k] = w;
      sum += w;
      const m = (((left + k - 1) % (2 * from)) + 2 * from) % (2 * from);
      index[i * count + k] = m < from ? m : 2 * from - 1 - m;
    }
    for (let k = 0; k < count; k++) weight[i * count + k]! /= sum;
  }
  return { from, to, count, index, weight };
}

/** Keys' cubic, a = -0.5, at distance `d`. */
function cubicAt(d: number): number {
  const square = d * d, cube = d * d * d;
  if (d <= 1) return 1.5 * cube - 2.5 * square + 1;
  return d <= 2 ? -0.5 * cube + 2.5 * square - 4 * d + 2 : 0;
}

function alongRows(data: Float64Array, width: number, { to, count, index, weight }: Taps): Float64Array {
  const out = new Float64Array(to * width);
  for (let i = 0; i < to; i++) {
    for (let k = 0; k < count; k++) {
      const w = weight[i * count + k]!, from = index[i * count + k]! * width;
      for (let j = 0; j < width; j++) out[i * width + j]! += w * data[from + j]!;
    }
  }
  return out;
}

function alongCols(data: Float64Array, rows: number, { from, to, count, index, weight }: Taps): Float64Array {
  const out = new Float64Array(rows * to * 2);
  for (let y = 0; y < rows; y++) {
    for (let i = 0; i < to; i++) {
      const o = 2 * (y * to + i);
      for (let k = 0; k < count; k++) {
        const w = weight[i * count + k]!, at = 2 * (y * from + index[i * count + k]!);
        out[o]! += w * data[at]!;
        out[o + 1]! += w * data[at + 1]!;
      }
    }
  }
  return out;
}
