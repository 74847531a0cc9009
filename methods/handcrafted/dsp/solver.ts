/**
 * Deformable spatial pyramids: grid layer, then pixel layer.
 *
 * @module
 */
import { nodeAt } from "../../../core/pyramid/graph.ts";
import { gridLayer, type GridOptions, gridSize, type Ops, translationOf } from "../../../core/pyramid/grid.ts";
import type { FeatureMap, Pair } from "../../../core/types.ts";

/** Constants of both layers. */
export interface SolverOptions extends GridOptions {
  /** Cost per cell of difference from the grid layer's translation. */
  readonly deform: number;
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
  const { levels, bound } = options;
  const { rows, cols } = source.grid;
  const size = (map: FeatureMap) => ({ width: map.grid.cols, height: map.grid.rows });
  const sampled = gridSize({ source: size(source), target: size(target) }, options.samples);
  using a = await upload(ops, source);
  using b = await upload(ops, target);
  const { step, nx, ny, unary, states } = await gridLayer(ops, { source: a, target: b }, sampled, options);
  const unarySum = states.reduce((sum, state, node) => sum + unary.data[node * nx * ny + state]!, 0);
  const leaves = (x: number, y: number) => translationOf(sampled, states[nodeAt(levels - 1, x, y)]!);
  const grid = paint(leaves, rows, cols, 2 ** (levels - 1));
  let flow = grid, cost = new Float32Array(0);
  for (const search of SEARCHES) {
    using found = await ops.windowMatch(a, b, { ...search, start: flow, penalty: options.deform, outside: bound });
    [flow, cost] = await Promise.all([found.flow.readInts(), found.cost.read()]);
  }
  return { step, nx, ny, means: unary.means, states, unarySum, grid, flow, cost };
}

async function upload(ops: Ops, { data, grid: { rows, cols }, channels }: FeatureMap) {
  return await ops.tensor(data as Float32Array<ArrayBuffer>, [rows, cols, channels]);
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
