import type { ByteMap, Pair } from "../../../core/types.ts";

/**
 * L1 distance of the descriptors at both ends of a cell's displacement, kept inside the target.
 *
 * @param flow [rows][cols][2]: displacements (x, y) in cells
 * @param at source cell, row * cols + col
 */
export function distanceAlong({ source, target }: Pair<ByteMap>, flow: Int32Array, at: number): number {
  const { rows, cols } = target.grid, { channels, grid } = source;
  const x = at % grid.cols + flow[2 * at]!, y = Math.floor(at / grid.cols) + flow[2 * at + 1]!;
  const to = Math.min(Math.max(y, 0), rows - 1) * cols + Math.min(Math.max(x, 0), cols - 1);
  let sum = 0;
  for (let c = 0; c < channels; c++) {
    sum += Math.abs(source.data[at * channels + c]! - target.data[to * channels + c]!);
  }
  return sum;
}
