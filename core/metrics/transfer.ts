/**
 * How official codes carry points through a dense field or a coarse grid of matches; needed to reproduce their numbers
 * from their raw outputs.
 *
 * @module
 */
import type { Points, Size } from "../types.ts";

/** A coarse field of displacements in cells. */
export interface CoarseFlow {
  readonly rows: number;
  readonly cols: number;
  /** [rows][cols][2] */
  readonly data: ArrayLike<number>;
}

/**
 * Points through a displacement field, as the CATs family does it (flow2kps): the field is resized bilinearly
 * (half-pixel) to `side` x `side` and read at the point, whose fraction is cut off towards zero and lost.
 *
 * @param points in frame pixels; clamped to the frame
 */
export function transferThroughFlow(points: Points, flow: CoarseFlow, side: number): Points {
  const xy = new Float64Array(2 * points.n);
  const clamp = (value: number) => Math.min(Math.max(Math.trunc(value), 0), side - 1);
  for (let i = 0; i < points.n; i++) {
    const x = clamp(points.xy[2 * i]!);
    const y = clamp(points.xy[2 * i + 1]!);
    const col = Math.max((x + 0.5) * flow.cols / side - 0.5, 0);
    const row = Math.max((y + 0.5) * flow.rows / side - 0.5, 0);
    xy[2 * i] = x + bilinear(flow, row, col, 0) * side / flow.cols;
    xy[2 * i + 1] = y + bilinear(flow, row, col, 1) * side / flow.rows;
  }
  return { n: points.n, xy };
}

function bilinear({ rows, cols, data }: CoarseFlow, row: number, col: number, channel: number): number {
  const r0 = Math.min(Math.floor(row), rows - 1), c0 = Math.min(Math.floor(col), cols - 1);
  const r1 = Math.min(r0 + 1, rows - 1), c1 = Math.min(c0 + 1, cols - 1);
  const fr = row - r0, fc = col - c0;
  const at = (r: number, c: number) => data[(r * cols + c) * 2 + channel]!;
  return (at(r0, c0) * (1 - fc) + at(r0, c1) * fc) * (1 - fr) + (at(r1, c0) * (1 - fc) + at(r1, c1) * fc) * fr;
}

/**
 * Target points to source points through a square grid of matches, as NC-Net does it: coordinates are 1-based and scaled
 * to [-1, 1] by (x - 1 - (L - 1) / 2) * 2 / (L - 1).
 *
 * @param matches [cells][cells][2]: normalised source (x, y) of each target cell, row-major
 * @param mode `bilinear` mixes the four matches around a point; `nearest` takes the nearest cell's
 * @throws RangeError for fewer than 2 cells per side
 */
export function transferThroughMatches(
  points: Points,
  matches: ArrayLike<number>,
  cells: number,
  sizes: { readonly source: Size; readonly target: Size },
  mode: "bilinear" | "nearest",
): Points {
  if (!(cells >= 2)) throw new RangeError(`Cannot transfer through ${cells} cells per side: at least 2 work`);
  const xy = new Float64Array(2 * points.n);
  const f = Math.fround;
  const line = (k: number) => f(-1 + 2 * k / (cells - 1));
  const normal = (value: number, length: number) => f(f(f(f(value) - 1 - (length - 1) / 2) * 2) / (length - 1));
  const pixel = (value: number, length: number) => f(f(f(value * (length - 1)) / 2) + 1 + (length - 1) / 2);
  // The cell left of a point: the number of grid lines below it, minus one; outside points use the border cell.
  const left = (value: number) => {
    let count = 0;
    while (count < cells && line(count) < value) count++;
    return Math.min(Math.max(count - 1, 0), cells - 2);
  };
  const nearestLine = (value: number) => {
    let best = 0;
    for (let k = 1; k < cells; k++) if (Math.abs(line(k) - value) < Math.abs(line(best) - value)) best = k;
    return best;
  };
  const at = (row: number, col: number, channel: number) => matches[(row * cells + col) * 2 + channel]!;
  for (let i = 0; i < points.n; i++) {
    const x = normal(points.xy[2 * i]!, sizes.target.width);
    const y = normal(points.xy[2 * i + 1]!, sizes.target.height);
    const value = (channel: number) => {
      if (mode === "nearest") return at(nearestLine(y), nearestLine(x), channel);
      const c = left(x), r = left(y);
      // Each match weighs the area between the point and the opposite corner.
      let above = 0;
      let below = 0;
      for (const [dr, dc] of [[0, 0], [1, 1], [1, 0], [0, 1]] as const) {
        const weight = f(Math.abs(f(x - line(c + 1 - dc))) * Math.abs(f(y - line(r + 1 - dr))));
        above = f(above + f(at(r + dr, c + dc, channel) * weight));
        below = f(below + weight);
      }
      return f(above / below);
    };
    xy[2 * i] = pixel(value(0), sizes.source.width);
    xy[2 * i + 1] = pixel(value(1), sizes.source.height);
  }
  return { n: points.n, xy };
}
