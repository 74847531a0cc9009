/**
 * The localizers as pure functions of one row of a cost volume: the similarities of one source position to every target
 * cell, `row[r * cols + c]`. They are the definition that native code is compared with.
 *
 * Shared rules: NaN and -Infinity (a masked cell) never win and carry no weight; ties go to the lowest index; +Infinity
 * is a certain match. A row in which nothing can win (empty, all NaN, all -Infinity) has no match: index -1, position
 * (NaN, NaN).
 *
 * @module
 */

/** A position on the target grid: column and row, floats. */
export interface CellPosition {
  readonly x: number;
  readonly y: number;
}

const NO_MATCH: CellPosition = { x: NaN, y: NaN };

/** Index of the greatest similarity: the lowest such index; -1 where nothing can win. */
export function argmaxRow(row: ArrayLike<number>): number {
  let best = -1;
  let max = -Infinity;
  for (let i = 0; i < row.length; i++) {
    const value = row[i]!;
    // A comparison with NaN is false, so NaN never gets in.
    if (value > max) {
      max = value;
      best = i;
    }
  }
  return best;
}

/**
 * Expected position under softmax(row / temperature).
 *
 * @param temperature above 0; the smaller, the nearer to the argmax.
 */
export function softArgmaxRow(row: ArrayLike<number>, cols: number, temperature: number): CellPosition {
  return expectation(row, cols, temperature, (value) => value);
}

/**
 * Kernel soft-argmax (SFNet, Lee et al. CVPR 2019): similarities are multiplied by a Gaussian around the argmax, then
 * the soft-argmax over ALL cells. Far cells come near to similarity 0, not to probability 0, so they keep a little weight,
 * and a far NEGATIVE similarity is raised to 0.
 *
 * @param sigma of the Gaussian, in cells, above 0.
 */
export function kernelSoftArgmaxRow(
  row: ArrayLike<number>,
  cols: number,
  temperature: number,
  sigma: number,
): CellPosition {
  const best = argmaxRow(row);
  if (best < 0) return NO_MATCH;
  const gaussX = gauss(cols, best % cols, sigma);
  const gaussY = gauss(Math.floor(row.length / cols), Math.floor(best / cols), sigma);
  return expectation(row, cols, temperature, (value, x, y) => {
    // An infinite value times an underflowed 0 would be NaN.
    return Number.isFinite(value) ? value * gaussX[x]! * gaussY[y]! : value;
  });
}

/** What becomes of similarities outside the window of {@linkcode windowSoftArgmaxRow}. */
export type OutsideRule = "zero" | "masked";

/**
 * Window soft-argmax (GeoAware-SC, Zhang et al. CVPR 2024): a soft-argmax over the square of (2 * radius + 1)^2 cells around
 * the argmax, cut at the border of the map.
 *
 * @param outside `zero`: cells outside the window have similarity 0 and stay in the softmax, as the official code does;
 * `masked`: they have no weight.
 */
export function windowSoftArgmaxRow(
  row: ArrayLike<number>,
  cols: number,
  temperature: number,
  radius: number,
  outside: OutsideRule,
): CellPosition {
  const best = argmaxRow(row);
  if (best < 0) return NO_MATCH;
  const bestX = best % cols;
  const bestY = Math.floor(best / cols);
  const far = outside === "zero" ? 0 : -Infinity;
  return expectation(row, cols, temperature, (value, x, y) => {
    const inside = Math.abs(x - bestX) <= radius && Math.abs(y - bestY) <= radius;
    // A cell that was masked before stays masked.
    return inside || value === -Infinity || Number.isNaN(value) ? value : far;
  });
}

/** Expected position under softmax of `logit(value, x, y) / temperature`. */
function expectation(
  row: ArrayLike<number>,
  cols: number,
  temperature: number,
  logit: (value: number, x: number, y: number) => number,
): CellPosition {
  const n = row.length;
  const logits = new Float64Array(n);
  let max = -Infinity;
  for (let i = 0, x = 0, y = 0; i < n; i++) {
    const value = logit(row[i]!, x, y);
    logits[i] = value;
    if (value > max) max = value;
    if (++x === cols) {
      x = 0;
      y++;
    }
  }
  if (max === -Infinity) return NO_MATCH;
  let sum = 0;
  let sumX = 0;
  let sumY = 0;
  for (let i = 0, x = 0, y = 0; i < n; i++) {
    const value = logits[i]!;
    // The greatest logit has weight 1 even where it is infinite; NaN fails both tests.
    const weight = value === max ? 1 : value < max ? Math.exp((value - max) / temperature) : 0;
    sum += weight;
    sumX += weight * x;
    sumY += weight * y;
    if (++x === cols) {
      x = 0;
      y++;
    }
  }
  return { x: sumX / sum, y: sumY / sum };
}

function gauss(n: number, centre: number, sigma: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => Math.exp(-((i - centre) ** 2) / (2 * sigma * sigma)));
}
