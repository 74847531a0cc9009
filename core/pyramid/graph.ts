/**
 * Numbers of the pyramid's grid cells.
 *
 * @module
 */

/** Number of nodes above level `level`. */
export function nodesAbove(level: number): number {
  return (4 ** level - 1) / 3;
}

/** Node of column x and row y of a level; columns first, as the authors number them. */
export function nodeAt(level: number, x: number, y: number): number {
  return nodesAbove(level) + x * 2 ** level + y;
}
