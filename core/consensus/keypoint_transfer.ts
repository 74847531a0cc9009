/**
 * How CHM and the methods after it carry key-points through a volume: a soft-arg-max under a Gaussian says where each
 * source cell goes, and a point goes where the cells around it do (Lee et al., SFNet, 2019; Min and Cho, CHM, 2021).
 *
 * @module
 */
import type { Cells } from "../types.ts";
import type { Moved } from "./matches.ts";
import type { Ops, Volume } from "./volume.ts";

/** Numbers of the transfer. */
export interface KeypointRule {
  /** Of the Gaussian around each source cell's best target cell, in target cells. */
  readonly sigma: number;
  /** Source cells nearer than this to a point take part, in units of half the picture. */
  readonly reach: number;
  /** Added to the sum of weights they are divided by; 0 in CHM, 1e-5 in TransforMatcher, whose points it draws to the middle. */
  readonly floor: number;
}

/** Positions from -1 to 1 of a line of cells; a single cell lies at -1. */
function unitLine(cells: number): Float64Array {
  return Float64Array.from({ length: cells }, (_, i) => (cells > 1 ? 2 * i / (cells - 1) : 0) - 1);
}

/** Cells that take part in one point's match. */
interface Support {
  readonly cells: readonly number[];
  /** Sum to 1, or with a floor to a little less. */
  readonly weights: readonly number[];
}

/** @param at column and row of a point */
function supportOf(
  at: readonly [x: number, y: number],
  xs: Float64Array,
  ys: Float64Array,
  rule: KeypointRule,
): Support {
  const unit = (cell: number, count: number) => (count > 1 ? 2 * cell / (count - 1) : 0) - 1;
  const x = unit(at[0], xs.length), y = unit(at[1], ys.length);
  const cells: number[] = [], weights: number[] = [];
  let sum = rule.floor, nearest = 0, least = Infinity;
  for (let row = 0; row < ys.length; row++) {
    for (let col = 0; col < xs.length; col++) {
      const cell = row * xs.length + col, square = (x - xs[col]!) ** 2 + (y - ys[row]!) ** 2;
      if (square < least) {
        least = square;
        nearest = cell;
      }
      const weight = rule.reach - Math.sqrt(square + 1e-5);
      if (!(weight > 0)) continue;
      cells.push(cell);
      weights.push(weight);
      sum += weight;
    }
  }
  if (cells.length === 0) return { cells: [nearest], weights: [1] };
  return { cells, weights: weights.map((weight) => weight / sum) };
}

/**
 * Where source cells go: the expected position under the soft-max of their rows, each multiplied by a Gaussian around its
 * best cell.
 *
 * @param rows [n][target rows][target cols]
 * @returns [n][2]: column, row on the target grid; NaN where nothing in a row can win
 */
export async function expectedCells(
  ops: Ops,
  rows: Float32Array,
  [targetRows, targetCols]: readonly [rows: number, cols: number],
  sigma: number,
): Promise<Float32Array> {
  const shape = [rows.length / (targetRows * targetCols), targetRows, targetCols];
  return await (await ops.softArgmax({ data: rows, shape }, { temperature: 1, sigma })).take();
}

/**
 * Target positions of source positions, both in cells of the volume's grids.
 *
 * A point takes the weighted mean of where the source cells around it go, the weight falling linearly to 0 at `reach`.
 * Where no cell is so near (with the usual 0.1, on sides below 16) the nearest one answers; the official code of CHM
 * divides 0 by 0 there, and TransforMatcher's answers with the middle of the picture. The score is the largest value of the
 * rows that took part, weighted alike.
 */
export async function carryKeypoints(
  ops: Ops,
  { size: [rows, cols, targetRows, targetCols], data }: Volume,
  queries: Cells,
  rule: KeypointRule,
): Promise<Moved> {
  const xs = unitLine(cols), ys = unitLine(rows), cells = targetRows * targetCols;
  const supports = Array.from(
    { length: queries.n },
    (_, i) => supportOf([queries.xy[2 * i]!, queries.xy[2 * i + 1]!], xs, ys, rule),
  );
  // Only rows that some point needs are read out.
  const places = new Map<number, number>();
  for (const { cells } of supports) for (const cell of cells) if (!places.has(cell)) places.set(cell, places.size);
  const needed = new Float32Array(places.size * cells), best = new Float32Array(places.size);
  for (const [cell, place] of places) {
    const row = data.subarray(cell * cells, (cell + 1) * cells);
    needed.set(row, place * cells);
    best[place] = row.reduce((a, b) => b > a ? b : a, -Infinity);
  }
  const to = await expectedCells(ops, needed, [targetRows, targetCols], rule.sigma);
  const xy = new Float64Array(2 * queries.n), score = new Float32Array(queries.n);
  // The mean is taken from the middle of the grid, where a floor draws points to.
  const middle = [(targetCols - 1) / 2, (targetRows - 1) / 2] as const;
  supports.forEach(({ cells, weights }, i) => {
    let x: number = middle[0], y: number = middle[1], sum = 0;
    cells.forEach((cell, k) => {
      const place = places.get(cell)!, weight = weights[k]!;
      x += weight * (to[2 * place]! - middle[0]);
      y += weight * (to[2 * place + 1]! - middle[1]);
      sum += weight * best[place]!;
    });
    xy[2 * i] = x;
    xy[2 * i + 1] = y;
    score[i] = sum;
  });
  return { n: queries.n, xy, score };
}
