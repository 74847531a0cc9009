/**
 * MMNet's correlations: those of every coarser level, enlarged, are added to those of the next.
 *
 * @module
 */
import type { Descriptors, Ops } from "../../../core/consensus/volume.ts";
import { sampleLazyRows } from "../../../core/match/sample.ts";
import type { Cells, CostVolume, Lattice, Pair } from "../../../core/types.ts";

/**
 * Rows of the volume of a level: plain dot products, plus the enlarged volume of the level above. Both pairs of axes are
 * enlarged by repetition, so a row needs one row per level and nothing of the rest.
 *
 * @param levels what is matched, from fine to coarse
 * @param level index into `levels`
 * @param cells source cells of that level
 * @returns [cells.length][target rows][target cols]
 */
export async function accumulatedRows(
  ops: Ops,
  { source, target }: Pair<readonly Descriptors[]>,
  level: number,
  cells: Int32Array,
): Promise<Float32Array> {
  const from = source[level]!, to = target[level]!, n = to.rows * to.cols;
  const input = ({ rows, cols, channels, data }: Descriptors) => ({ data, shape: [rows * cols, channels] });
  const out = await (await ops.correlate(input(from), input(to), { rows: cells })).take();
  const above = source[level + 1], wide = target[level + 1];
  if (above === undefined || wide === undefined) return out;
  const parents = cells.map((cell) => parentOf(cell, from, above));
  const distinct = [...new Set(parents)];
  const coarse = await accumulatedRows(ops, { source, target }, level + 1, Int32Array.from(distinct));
  const at = new Map(distinct.map((cell, i) => [cell, i]));
  const m = wide.rows * wide.cols;
  const spread = wide.rows === to.rows ? undefined : Int32Array.from({ length: n }, (_, j) => parentOf(j, to, wide));
  parents.forEach((parent, i) => {
    const add = coarse.subarray(at.get(parent)! * m, (at.get(parent)! + 1) * m), row = i * n;
    if (spread === undefined) { for (let j = 0; j < n; j++) out[row + j]! += add[j]!; }
    else for (let j = 0; j < n; j++) out[row + j]! += add[spread[j]!]!;
  });
  return out;
}

/** The cell of a grid as large or half as large that covers a cell. */
function parentOf(cell: number, from: Descriptors, to: Descriptors): number {
  if (from.rows === to.rows) return cell;
  return (Math.floor(cell / from.cols) >> 1) * to.cols + (cell % from.cols >> 1);
}

/** The volume of a level for the localizers; positions between cells interpolate its rows, as the official read-out. */
export function accumulatedVolume(
  ops: Ops,
  levels: Pair<readonly Descriptors[]>,
  level: number,
  lattices: Pair<Lattice>,
): CostVolume {
  const { rows, cols } = levels.source[level]!;
  const rowsOf = (cells: ArrayLike<number>) => accumulatedRows(ops, levels, level, Int32Array.from(cells));
  return {
    ...lattices,
    rows: rowsOf,
    sample: (cells: Cells) => sampleLazyRows(rowsOf, rows, cols, cells),
    dense: () => rowsOf(Int32Array.from({ length: rows * cols }, (_, i) => i)),
  };
}
