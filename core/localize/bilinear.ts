import type { Cells, CostVolume, LocalizerPlugin } from "../types.ts";
import { type Located, rowsAtOnce } from "./_each_row.ts";
import { argmaxRow } from "./rows.ts";

/** The four source cells around a position and their bilinear weights, which sum to 1. */
export interface CellBlend {
  /** [4]: row * cols + col of top left, top right, bottom left, bottom right. */
  readonly cells: readonly number[];
  /** [4], in the same order. */
  readonly weights: readonly number[];
}

/**
 * The cells around a source position.
 *
 * Positions are first moved inside by 1e-5 cells, as the survey's code does, so that four different cells surround each;
 * at a border the second cell keeps a weight of 1e-5. An axis of one cell uses that cell twice.
 */
export function cellBlend(x: number, y: number, rows: number, cols: number): CellBlend {
  const [x0, x1, fx] = between(x, cols);
  const [y0, y1, fy] = between(y, rows);
  return {
    cells: [y0 * cols + x0, y0 * cols + x1, y1 * cols + x0, y1 * cols + x1],
    weights: [(1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx],
  };
}

const INSIDE = 1e-5;

function between(q: number, n: number): [number, number, number] {
  if (n === 1) return [0, 0, 0];
  const inside = Math.min(Math.max(q, INSIDE), n - 1 - INSIDE);
  const low = Math.floor(inside);
  return [low, low + 1, inside - low];
}

/**
 * Blend of four nearest matches: each of the four source cells around the query finds its best target cell, and the four
 * positions are mixed with the query's bilinear weights. The score is mixed alike.
 *
 * A neighbour without a match (see {@linkcode argmaxRow}) is left out and the other weights share its part; with none
 * left the position is (NaN, NaN) and the score -Infinity.
 */
export const bilinear = {
  doc: "best cells of the four source cells around the query, mixed with its bilinear weights",
  defaults: {},
  build: () => ({ localize }),
} satisfies LocalizerPlugin;

async function localize(volume: CostVolume, queries: Cells): Promise<Located> {
  const { rows, cols } = volume.source.grid;
  const target = volume.target.grid;
  const blends = Array.from(
    { length: queries.n },
    (_, i) => cellBlend(queries.xy[2 * i]!, queries.xy[2 * i + 1]!, rows, cols),
  );
  // Neighbouring queries share cells: each is matched once.
  const best = await bestMatches(volume, [...new Set(blends.flatMap(({ cells }) => cells))]);
  const xy = new Float64Array(queries.n * 2).fill(NaN);
  const score = new Float32Array(queries.n).fill(-Infinity);
  blends.forEach(({ cells, weights }, i) => {
    let sum = 0, x = 0, y = 0, similarity = 0;
    cells.forEach((cell, k) => {
      const match = best.get(cell)!;
      const weight = weights[k]!;
      if (match.index < 0 || weight === 0) return;
      sum += weight;
      x += weight * (match.index % target.cols);
      y += weight * Math.floor(match.index / target.cols);
      similarity += weight * match.similarity;
    });
    if (sum === 0) return;
    xy[2 * i] = x / sum;
    xy[2 * i + 1] = y / sum;
    score[i] = similarity / sum;
  });
  return { n: queries.n, xy, score };
}

interface Best {
  readonly index: number;
  readonly similarity: number;
}

async function bestMatches(volume: CostVolume, cells: number[]): Promise<Map<number, Best>> {
  const { rows, cols } = volume.target.grid;
  const size = rows * cols;
  const chunk = rowsAtOnce(size);
  const best = new Map<number, Best>();
  for (let start = 0; start < cells.length; start += chunk) {
    const part = cells.slice(start, start + chunk);
    const similarity = await volume.rows(part);
    part.forEach((cell, i) => {
      const row = similarity.subarray(i * size, (i + 1) * size);
      const index = argmaxRow(row);
      best.set(cell, { index, similarity: row[index] ?? -Infinity });
    });
  }
  return best;
}
