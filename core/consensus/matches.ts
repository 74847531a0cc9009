/**
 * Reads matches out of a volume and carries points along them, as NC-Net does.
 *
 * @module
 */
import type { Cells } from "../types.ts";

/** The best target of each source cell. */
export interface CellMatches {
  /** [n]: index of the target cell; the lowest of equals. -1 where nothing can win. */
  readonly index: Int32Array;
  /** [n]: its probability under a soft-max over all target cells, or its own value. */
  readonly score: Float32Array;
}

/**
 * The best column of every row of [n][m]. NaN never wins.
 *
 * @param softmax scores are probabilities; the choice is the same, since a soft-max keeps the order.
 */
export function bestOfRows(data: Float32Array, n: number, m: number, softmax: boolean): CellMatches {
  const index = new Int32Array(n), score = new Float32Array(n);
  for (let row = 0, start = 0; row < n; row++, start += m) {
    let best = -1, most = -Infinity;
    for (let j = 0; j < m; j++) {
      const value = data[start + j]!;
      if (value > most) {
        most = value;
        best = j;
      }
    }
    index[row] = best;
    if (!softmax) score[row] = best < 0 ? NaN : most;
    else {
      let sum = 0;
      for (let j = 0; j < m; j++) {
        const value = data[start + j]!;
        // A comparison with NaN is false: it has no weight.
        if (value <= most) sum += value === most ? 1 : Math.exp(value - most);
      }
      score[row] = best < 0 ? 0 : 1 / sum;
    }
  }
  return { index, score };
}

/** [n][m] -> [m][n]: the volume seen from the other picture. */
export function transposed(data: Float32Array, n: number, m: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) out[j * n + i] = data[i * m + j]!;
  return out;
}

/** A position per cell of a source grid, with the match's score. */
export interface MatchField {
  readonly rows: number;
  readonly cols: number;
  /** [rows][cols][2]: x, y in whatever unit; blended positions have the same. */
  readonly to: Float64Array;
  /** [rows][cols] */
  readonly score: Float32Array;
}

/** Positions read from a field. */
export type Moved = Cells & { readonly score: Float32Array };

/**
 * Blends the matches of the four cells around each query. A cell's weight is the area of the rectangle between the query
 * and the OPPOSITE cell, taken positive also outside the grid, where the two outermost lines count; weights are divided
 * by their sum. (The official code wants a square grid; this is the same on any.)
 */
export function blendMatches({ rows, cols, to, score }: MatchField, queries: Cells): Moved {
  const xy = new Float64Array(2 * queries.n), scores = new Float32Array(queries.n);
  for (let i = 0; i < queries.n; i++) {
    const [x0, x1, wx0, wx1] = between(queries.xy[2 * i]!, cols);
    const [y0, y1, wy0, wy1] = between(queries.xy[2 * i + 1]!, rows);
    const cells = [y0 * cols + x0, y0 * cols + x1, y1 * cols + x0, y1 * cols + x1];
    const weights = [wx0 * wy0, wx1 * wy0, wx0 * wy1, wx1 * wy1];
    let x = 0, y = 0, s = 0, total = 0;
    for (let k = 0; k < 4; k++) {
      const w = weights[k]!, cell = cells[k]!;
      if (w === 0) continue;
      x += w * to[2 * cell]!;
      y += w * to[2 * cell + 1]!;
      s += w * score[cell]!;
      total += w;
    }
    xy[2 * i] = x / total;
    xy[2 * i + 1] = y / total;
    scores[i] = s / total;
  }
  return { n: queries.n, xy, score: scores };
}

/** The two lines around a position and their weights. A position on a line counts as after the line before it. */
function between(at: number, lines: number): [first: number, second: number, ofFirst: number, ofSecond: number] {
  if (lines === 1) return [0, 0, 1, 0];
  const first = Math.min(Math.max(Math.ceil(at) - 1, 0), lines - 2);
  return [first, first + 1, Math.abs(first + 1 - at), Math.abs(at - first)];
}

/**
 * The match of the cell nearest to each query: Euclidean, the first of equals.
 *
 * @param from where the cells lie, in the queries' unit and row-major; default: at their column and row.
 */
export function nearestMatches({ rows, cols, to, score }: MatchField, queries: Cells, from?: Float64Array): Moved {
  const xy = new Float64Array(2 * queries.n), scores = new Float32Array(queries.n);
  for (let i = 0; i < queries.n; i++) {
    const x = queries.xy[2 * i]!, y = queries.xy[2 * i + 1]!;
    let best = 0, least = Infinity;
    for (let cell = 0; cell < rows * cols; cell++) {
      const dx = x - (from?.[2 * cell] ?? cell % cols), dy = y - (from?.[2 * cell + 1] ?? Math.floor(cell / cols));
      const distance = dx * dx + dy * dy;
      if (distance < least) {
        least = distance;
        best = cell;
      }
    }
    xy[2 * i] = to[2 * best]!;
    xy[2 * i + 1] = to[2 * best + 1]!;
    scores[i] = score[best]!;
  }
  return { n: queries.n, xy, score: scores };
}
