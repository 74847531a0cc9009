/**
 * How CHM and TransforMatcher read points out of a volume: a soft-arg-max under a Gaussian, averaged over the cells
 * around the point.
 *
 * @module
 */
import { argmaxRow } from "../../../core/localize/rows.ts";

/** Numbers of the read-out. */
export interface ReadOutOptions {
  /** Side of the square grid. */
  readonly side: number;
  /** Of the Gaussian around each row's best cell, in cells. Default 17. */
  readonly sigma?: number;
  /** Cells nearer than this to a point take part, in units of half the picture. Default 0.1. */
  readonly reach?: number;
}

/** A row times a Gaussian around its largest value. @param row [side * side] */
export function underGaussian(row: Float32Array, side: number, sigma: number): Float32Array<ArrayBuffer> {
  const best = Math.max(0, argmaxRow(row)), x = best % side, y = Math.floor(best / side);
  return Float32Array.from(row, (value, i) => {
    const dx = i % side - x, dy = Math.floor(i / side) - y;
    return value * Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
  });
}

/** The mean (x, y) under the soft-max of a row, on a grid that spans [-1, 1]. */
function expectation(row: Float32Array, side: number): readonly [x: number, y: number] {
  const top = row.reduce((a, b) => Math.max(a, b), -Infinity), step = side > 1 ? 2 / (side - 1) : 0;
  let sum = 0, x = 0, y = 0;
  for (let i = 0; i < row.length; i++) {
    const weight = Math.exp(row[i]! - top);
    sum += weight;
    x += weight * (i % side * step - 1);
    y += weight * (Math.floor(i / side) * step - 1);
  }
  return [x / sum, y / sum];
}

/**
 * Target positions of source points, both in [-1, 1] with the outer cells' centres at the ends.
 *
 * A point takes the weighted mean of where the cells around it go, the weight falling linearly to 0 at `reach`. Where no
 * cell is so near (sides below 16) the nearest one answers; the official code divides by zero there.
 *
 * @param confidence [cells][cells]
 * @param points [n][2]: x, y
 * @returns [n][2]
 */
export function readOut(
  confidence: Float32Array,
  points: ArrayLike<number>,
  { side, sigma = 17, reach = 0.1 }: ReadOutOptions,
): Float64Array<ArrayBuffer> {
  const cells = side * side, step = side > 1 ? 2 / (side - 1) : 0, out = new Float64Array(points.length);
  const known = new Map<number, readonly [number, number]>();
  const goesTo = (cell: number) => {
    let at = known.get(cell);
    if (at === undefined) {
      const row = confidence.subarray(cell * cells, (cell + 1) * cells);
      known.set(cell, at = expectation(underGaussian(row, side, sigma), side));
    }
    return at;
  };
  for (let p = 0; p < points.length; p += 2) {
    let sum = 0, x = 0, y = 0, nearest = 0, least = Infinity;
    for (let cell = 0; cell < cells; cell++) {
      const dx = points[p]! - (cell % side * step - 1), dy = points[p + 1]! - (Math.floor(cell / side) * step - 1);
      const square = dx * dx + dy * dy, weight = reach - Math.sqrt(square + 1e-5);
      if (square < least) {
        least = square;
        nearest = cell;
      }
      if (!(weight > 0)) continue;
      const [u, v] = goesTo(cell);
      sum += weight;
      x += weight * u;
      y += weight * v;
    }
    const [u, v] = sum > 0 ? [x / sum, y / sum] : goesTo(nearest);
    out[p] = u;
    out[p + 1] = v;
  }
  return out;
}
