import type { Cells, CostVolume } from "../types.ts";
import type { CellPosition } from "./rows.ts";
import { argmaxRow } from "./rows.ts";

/** Positions and the similarity there, as a Localizer returns them. */
export type Located = Cells & { readonly score: Float32Array };

// 16 MB of similarities at a time: a dense query of a fine grid must not hold its whole volume.
const VALUES_AT_ONCE = 1 << 22;

/** How many rows of a volume to ask for at a time. */
export function rowsAtOnce(cellsPerRow: number): number {
  return Math.max(1, Math.floor(VALUES_AT_ONCE / Math.max(1, cellsPerRow)));
}

/**
 * Locates every query by `locate` of its row. The score is the greatest similarity of the row, -Infinity where nothing
 * can win.
 */
export async function locateEach(
  volume: CostVolume,
  queries: Cells,
  locate: (row: Float32Array, cols: number) => CellPosition,
): Promise<Located> {
  const { rows, cols } = volume.target.grid;
  const cells = rows * cols;
  const xy = new Float64Array(queries.n * 2);
  const score = new Float32Array(queries.n);
  const chunk = rowsAtOnce(cells);
  for (let start = 0; start < queries.n; start += chunk) {
    const n = Math.min(chunk, queries.n - start);
    const similarity = await volume.sample({ n, xy: queries.xy.subarray(2 * start, 2 * (start + n)) });
    for (let i = 0; i < n; i++) {
      const row = similarity.subarray(i * cells, (i + 1) * cells);
      const { x, y } = locate(row, cols);
      xy[2 * (start + i)] = x;
      xy[2 * (start + i) + 1] = y;
      const best = argmaxRow(row);
      score[start + i] = best < 0 ? -Infinity : row[best]!;
    }
  }
  return { n: queries.n, xy, score };
}
