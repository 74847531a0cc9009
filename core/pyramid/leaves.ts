import type { Block } from "../types.ts";

/**
 * The cells that the pyramid's `side` x `side` leaves cover, leaf by leaf, columns first. The authors' blocks share their
 * borders, where the later one stays: so a block ends before the next one's first cell. Empty on tiny maps.
 */
export function leafBlocks(cols: number, rows: number, side: number): Block[] {
  const edges = (n: number) =>
    Array.from({ length: side + 1 }, (_, i) => i < side ? Math.floor(i * (n - 1) / side + 1) - 1 : n);
  const xs = edges(cols), ys = edges(rows);
  return Array.from({ length: side * side }, (_, leaf) => {
    const bx = Math.floor(leaf / side), by = leaf % side;
    return { left: xs[bx]!, right: xs[bx + 1]!, top: ys[by]!, bottom: ys[by + 1]! };
  });
}
