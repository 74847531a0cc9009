import type { Cells, FeatureMap, Flow, Points } from "../types.ts";
import { toCells } from "../frame.ts";

/** The four neighbours of a position and their bilinear weights; positions outside are moved to the border. */
function corners(x: number, y: number, rows: number, cols: number) {
  const cx = Math.min(Math.max(x, 0), cols - 1);
  const cy = Math.min(Math.max(y, 0), rows - 1);
  const x0 = Math.min(Math.floor(cx), Math.max(cols - 2, 0));
  const y0 = Math.min(Math.floor(cy), Math.max(rows - 2, 0));
  const x1 = Math.min(x0 + 1, cols - 1);
  const y1 = Math.min(y0 + 1, rows - 1);
  return { x0, y0, x1, y1, fx: cx - x0, fy: cy - y0 };
}

/**
 * Descriptors at positions between cells, bilinear, borders repeated.
 *
 * @returns [cells.n][channels]
 */
export function sampleMap(map: FeatureMap, cells: Cells): Float32Array {
  const { channels, data, grid: { rows, cols } } = map;
  const out = new Float32Array(cells.n * channels);
  for (let i = 0; i < cells.n; i++) {
    const { x0, y0, x1, y1, fx, fy } = corners(cells.xy[2 * i]!, cells.xy[2 * i + 1]!, rows, cols);
    const a = (y0 * cols + x0) * channels, b = (y0 * cols + x1) * channels;
    const c = (y1 * cols + x0) * channels, d = (y1 * cols + x1) * channels;
    const wa = (1 - fx) * (1 - fy), wb = fx * (1 - fy), wc = (1 - fx) * fy, wd = fx * fy;
    for (let e = 0; e < channels; e++) {
      out[i * channels + e] = wa * data[a + e]! + wb * data[b + e]! + wc * data[c + e]! + wd * data[d + e]!;
    }
  }
  return out;
}

/**
 * Target points of source points under a dense flow, bilinear between cells, borders repeated. Where one of the four
 * neighbours is NaN the others share its weight; where all are, the point is NaN.
 */
export function followFlow(flow: Flow, points: Points): Points & { readonly score: Float32Array } {
  const { rows, cols } = flow.source.grid;
  const cells = toCells(points, flow.source);
  const xy = new Float64Array(points.n * 2);
  const score = new Float32Array(points.n);
  for (let i = 0; i < points.n; i++) {
    const { x0, y0, x1, y1, fx, fy } = corners(cells.xy[2 * i]!, cells.xy[2 * i + 1]!, rows, cols);
    const at = [y0 * cols + x0, y0 * cols + x1, y1 * cols + x0, y1 * cols + x1];
    const weights = [(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy];
    let x = 0, y = 0, confidence = 0, total = 0;
    for (let k = 0; k < 4; k++) {
      const w = weights[k]!, cell = at[k]!;
      if (w === 0 || Number.isNaN(flow.data[2 * cell]!)) continue;
      x += w * flow.data[2 * cell]!;
      y += w * flow.data[2 * cell + 1]!;
      confidence += w * (flow.confidence?.[cell] ?? 0);
      total += w;
    }
    xy[2 * i] = total > 0 ? x / total : NaN;
    xy[2 * i + 1] = total > 0 ? y / total : NaN;
    score[i] = total > 0 ? confidence / total : 0;
  }
  return { n: points.n, xy, score };
}

/**
 * Interpolated rows of a dense volume [rows][cols][m], bilinear over the source cells, borders repeated.
 *
 * @returns [cells.n][m]
 */
export function sampleRows(volume: Float32Array, rows: number, cols: number, cells: Cells): Float32Array {
  const m = volume.length / (rows * cols);
  const map = { channels: m, data: volume, grid: { rows, cols } } as FeatureMap;
  return sampleMap(map, cells);
}

/**
 * As {@linkcode sampleRows}, for a volume whose rows are made when asked for: only those around the positions are.
 *
 * @param rowsOf rows of whole cells, [n][m]
 * @returns [cells.n][m]
 */
export async function sampleLazyRows(
  rowsOf: (cells: Int32Array) => Promise<Float32Array>,
  rows: number,
  cols: number,
  cells: Cells,
): Promise<Float32Array> {
  const around = Array.from({ length: cells.n }, (_, i) => {
    const { x0, y0, x1, y1, fx, fy } = corners(cells.xy[2 * i]!, cells.xy[2 * i + 1]!, rows, cols);
    return {
      at: [y0 * cols + x0, y0 * cols + x1, y1 * cols + x0, y1 * cols + x1],
      weights: [(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy],
    };
  });
  const wanted = [...new Set(around.flatMap(({ at, weights }) => at.filter((_, k) => weights[k] !== 0)))];
  if (wanted.length === 0) return new Float32Array();
  const made = await rowsOf(Int32Array.from(wanted));
  const place = new Map(wanted.map((cell, i) => [cell, i]));
  const m = made.length / wanted.length;
  const out = new Float32Array(cells.n * m);
  around.forEach(({ at, weights }, i) => {
    const row = out.subarray(i * m, (i + 1) * m);
    at.forEach((cell, k) => {
      const w = weights[k]!;
      if (w === 0) return;
      const from = place.get(cell)! * m;
      for (let j = 0; j < m; j++) row[j]! += w * made[from + j]!;
    });
  });
  return out;
}
