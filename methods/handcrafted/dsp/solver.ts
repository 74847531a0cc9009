/**
 * Deformable spatial pyramids: grid layer, then pixel layer.
 *
 * @module
 */
import type { FeatureMap, MethodContext, Pair } from "../../../core/types.ts";
import { nodeAt, nodesAbove } from "./graph.ts";
import { nodeCosts } from "./nodes.ts";

/** The operations of a context. */
export type Ops = Awaited<ReturnType<MethodContext["ops"]>>;

/** Constants of both layers. */
export interface SolverOptions {
  readonly levels: number;
  /** About so many cells of the source take part in the grid layer. */
  readonly samples: number;
  /** Largest distance of descriptors that counts, and the cost of leading out of the target. */
  readonly bound: number;
  readonly stretch: number;
  readonly stretchBound: number;
  readonly iterations: number;
  /** Cost per cell of difference from the grid layer's translation. */
  readonly deform: number;
  /** Messages from children to parents, and node costs of whole boxes. */
  readonly corrected: boolean;
}

/** Both layers' answer. */
export interface Found {
  /** Cells between samples, and number of translations per axis. */
  readonly step: number;
  readonly nx: number;
  readonly ny: number;
  readonly means: readonly number[];
  /** [nodes]: state of every node, x * ny + y. */
  readonly states: Int32Array;
  /** Sum over nodes of the unary cost of their states. */
  readonly unarySum: number;
  /** [rows][cols][2]: what the leaves say, and the flow; displacements (x, y) in cells. */
  readonly grid: Int32Array;
  readonly flow: Int32Array;
  /** [rows][cols]: distance of the descriptors at both ends. */
  readonly cost: Float32Array;
}

/** Radius and step of the pixel layer's two searches. */
const SEARCHES = [{ radius: 20, step: 4 }, { radius: 4, step: 1 }] as const;

/** Minimises both layers. */
export async function solve(
  ops: Ops,
  { source, target }: Pair<FeatureMap>,
  options: SolverOptions,
): Promise<Found> {
  const { levels, bound, corrected } = options;
  const { rows, cols } = source.grid;
  const step = Math.max(1, Math.floor(Math.sqrt(rows * cols / options.samples) + 0.5));
  const radius = (a: number, b: number) => Math.floor(Math.ceil(Math.max(a, b) / 2) / step);
  const rx = radius(cols, target.grid.cols), ry = radius(rows, target.grid.rows);
  const nx = 2 * rx + 1, ny = 2 * ry + 1;
  using a = await ops.tensor(source.data as Float32Array<ArrayBuffer>, [rows, cols, source.channels]);
  using b = await ops.tensor(target.data as Float32Array<ArrayBuffer>, [
    target.grid.rows,
    target.grid.cols,
    target.channels,
  ]);
  const costs = await (await ops.translationCosts(a, b, { step, nx: rx, ny: ry, bound })).take();
  const sampled = { states: nx * ny, cols: Math.ceil(cols / step), rows: Math.ceil(rows / step) };
  const unary = nodeCosts(costs, sampled, levels, corrected);
  const states = await (await ops.bpPyramid({ data: unary.data, shape: [nodesAbove(levels), nx, ny] }, {
    levels,
    stretch: options.stretch,
    bound: options.stretchBound,
    iterations: options.iterations,
    upward: corrected,
  })).takeInts();
  const unarySum = states.reduce((sum, state, node) => sum + unary.data[node * nx * ny + state]!, 0);
  const translation = (state: number) => [(Math.floor(state / ny) - rx) * step, (state % ny - ry) * step] as const;
  const leaves = (x: number, y: number) => translation(states[nodeAt(levels - 1, x, y)]!);
  const grid = paint(leaves, rows, cols, 2 ** (levels - 1));
  let flow = grid, cost = new Float32Array(0);
  for (const search of SEARCHES) {
    using found = await ops.windowMatch(a, b, { ...search, start: flow, penalty: options.deform, outside: bound });
    [flow, cost] = await Promise.all([found.flow.readInts(), found.cost.read()]);
  }
  return { step, nx, ny, means: unary.means, states, unarySum, grid, flow, cost };
}

/** The leaves' translations on the cells they cover; blocks share their borders, where the later one stays. */
function paint(
  leaf: (x: number, y: number) => readonly [number, number],
  rows: number,
  cols: number,
  side: number,
): Int32Array<ArrayBuffer> {
  const out = new Int32Array(2 * rows * cols);
  const edges = (n: number) => Array.from({ length: side + 1 }, (_, i) => Math.floor(1 + i * (n - 1) / side) - 1);
  const xs = edges(cols), ys = edges(rows);
  for (let bx = 0; bx < side; bx++) {
    for (let by = 0; by < side; by++) {
      const [dx, dy] = leaf(bx, by);
      for (let y = ys[by]!; y <= ys[by + 1]!; y++) {
        for (let x = xs[bx]!; x <= xs[bx + 1]!; x++) {
          out[2 * (y * cols + x)] = dx;
          out[2 * (y * cols + x) + 1] = dy;
        }
      }
    }
  }
  return out;
}
