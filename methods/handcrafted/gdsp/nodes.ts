/**
 * The pyramid's nodes: their samples, centres and neighbours.
 *
 * @module
 */
import { nodeAt } from "../../../core/pyramid/graph.ts";
import type { GridSize } from "../../../core/pyramid/grid.ts";

/** A cell of the pyramid. Samples lie at whole multiples of `step`. */
export interface Node {
  readonly level: number;
  /** First sample and number of samples per axis; may be 0 on tiny maps. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** What sums over the samples are divided by. */
  readonly area: number;
  /** Centre in cells of the map. */
  readonly x: number;
  readonly y: number;
}

/** Two nodes that should agree, about the cell (x, y). */
export interface Edge {
  readonly a: number;
  readonly b: number;
  readonly x: number;
  readonly y: number;
}

/**
 * The nodes of all levels, numbered as DSP's.
 *
 * @param whole false: without each cell's first row and column, though divided by all of it, as DSP's released program
 */
export function pyramidNodes(levels: number, { cols, rows, step }: GridSize, whole: boolean): Node[] {
  const skip = whole ? 0 : 1;
  const nodes: Node[] = [];
  for (let level = 0; level < levels; level++) {
    const side = 2 ** level, width = Math.floor(cols / side), height = Math.floor(rows / side);
    for (let bx = 0; bx < side; bx++) {
      for (let by = 0; by < side; by++) {
        const left = bx * width, top = by * height;
        const x = (left + (width - 1) / 2) * step, y = (top + (height - 1) / 2) * step;
        nodes[nodeAt(level, bx, by)] = {
          level,
          left: left + skip,
          top: top + skip,
          width: width - skip,
          height: height - skip,
          area: width * height,
          x,
          y,
        };
      }
    }
  }
  return nodes;
}

/** The four children of a node; none of a leaf. */
export function childrenOf(levels: number, level: number, bx: number, by: number): number[] {
  if (level + 1 >= levels) return [];
  return [0, 1].flatMap((dx) => [0, 1].map((dy) => nodeAt(level + 1, 2 * bx + dx, 2 * by + dy)));
}

/**
 * Parents with children, about the child's centre, then neighbours of every level, about the middle of their border:
 * what two nodes say about the cell they share is what makes them consistent, not their translations.
 */
export function pyramidEdges(nodes: readonly Node[], levels: number): Edge[] {
  const edges: Edge[] = [];
  const join = (a: number, b: number) => {
    edges.push({ a, b, x: (nodes[a]!.x + nodes[b]!.x) / 2, y: (nodes[a]!.y + nodes[b]!.y) / 2 });
  };
  for (let level = 0; level < levels; level++) {
    const side = 2 ** level;
    for (let bx = 0; bx < side; bx++) {
      for (let by = 0; by < side; by++) {
        const node = nodeAt(level, bx, by);
        for (const child of childrenOf(levels, level, bx, by)) {
          edges.push({ a: node, b: child, x: nodes[child]!.x, y: nodes[child]!.y });
        }
        if (bx + 1 < side) join(node, nodeAt(level, bx + 1, by));
        if (by + 1 < side) join(node, nodeAt(level, bx, by + 1));
      }
    }
  }
  return edges;
}
