/**
 * Node costs of all labels on a coarse grid of translations.
 *
 * @module
 */
import { type GridSize, type Ops, sampleCells } from "../../../core/pyramid/grid.ts";
import type { FeatureMap } from "../../../core/types.ts";
import { bend, type Changes } from "./changes.ts";
import { priorCost, type Weights } from "./energy.ts";
import type { Field } from "./field.ts";
import type { Node } from "./nodes.ts";

/** Everything that the costs depend on. */
export interface CoarseProblem {
  readonly source: FeatureMap;
  readonly field: Field;
  readonly changes: Changes;
  readonly size: GridSize;
  readonly nodes: readonly Node[];
  readonly weights: Weights;
}

/**
 * Costs of every node, change and translation of its centre: [nodes][changes][nx][ny], each level divided by the mean of
 * its unchanged costs, priors added.
 *
 * Translations are whole steps of the grid, so under a change each sample of the source looks at the same target cells
 * whatever the translation, a shifted window of them: those nearest to where it goes that lie whole steps apart. So one
 * product of descriptors per change holds all distances, and a node's costs are sums of windows.
 */
export async function coarseCosts(ops: Ops, problem: CoarseProblem): Promise<Float32Array> {
  const { source, changes, size, nodes, weights } = problem;
  const { step, nx, ny, rx, ry, rows, cols } = size;
  const count = nx * ny, all = changes.cos.length, out = new Float32Array(nodes.length * all * count);
  const plane = (node: number, change: number) => {
    const at = (node * all + change) * count;
    return out.subarray(at, at + count);
  };
  const samples = sampleCells({ ...source, ...source.grid, data: source.data }, step).data;
  for (let change = 0; change < all; change++) {
    const target = targetCells(problem, change);
    const distances = await distancesOf(ops, samples, target, source.channels, weights.bound);
    for (const [i, node] of nodes.entries()) {
      const { left, top, width, height, area } = node, costs = plane(i, change);
      if (width * height <= 0) continue;
      for (let x = left; x < left + width; x++) {
        for (let y = top; y < top + height; y++) {
          const [bx, by] = bend(changes, change, x * step - node.x, y * step - node.y);
          // Of the target's columns and rows, the first that the window meets.
          const first = x + Math.round(bx / step) - rx, above = y + Math.round(by / step) - ry;
          addWindow(costs, distances, (y * cols + x) * target.n, target, first, above, nx, ny, weights.bound);
        }
      }
      for (let k = 0; k < count; k++) costs[k] = costs[k]! / area;
    }
  }
  for (const level of new Set(nodes.map((node) => node.level))) {
    const members = [...nodes.keys()].filter((i) => nodes[i]!.level === level);
    let sum = 0;
    for (const i of members) for (const v of plane(i, changes.identity)) sum += v;
    const scale = sum > 0 ? members.length * count / sum : 0;
    for (const i of members) {
      for (let change = 0; change < all; change++) {
        const own = priorCost(changes, weights, change), values = plane(i, change);
        for (let k = 0; k < count; k++) values[k] = values[k]! * scale + own;
      }
    }
  }
  void rows;
  return out;
}

/** Every `step`-th cell of the target as a change sees it: [cols][rows][channels]. */
interface Target {
  readonly cols: number;
  readonly rows: number;
  readonly n: number;
  readonly data: Float32Array;
}

function targetCells({ field, size: { step } }: CoarseProblem, change: number): Target {
  const cols = Math.ceil(field.cols / step), rows = Math.ceil(field.rows / step);
  const data = new Float32Array(cols * rows * field.channels);
  for (let x = 0, to = 0; x < cols; x++) {
    for (let y = 0; y < rows; y++, to += field.channels) field.write(change, x * step, y * step, data, to);
  }
  return { cols, rows, n: cols * rows, data };
}

/** min(Euclidean distance, bound) of all descriptors of `a` from those of the target: [a][cols][rows]. */
async function distancesOf(ops: Ops, a: Float32Array, target: Target, channels: number, bound: number) {
  const m = a.length / channels, n = target.n;
  const out = await (await ops.correlate({ data: a, shape: [m, channels] }, {
    data: target.data,
    shape: [n, channels],
  })).take();
  const sa = squares(a, channels), sb = squares(target.data, channels), limit = bound * bound;
  for (let i = 0, k = 0; i < m; i++) {
    for (let j = 0; j < n; j++, k++) {
      const square = sa[i]! + sb[j]! - 2 * out[k]!;
      out[k] = square < limit ? Math.sqrt(Math.max(square, 0)) : bound;
    }
  }
  return out;
}

function squares(data: Float32Array, channels: number): Float64Array {
  const out = new Float64Array(data.length / channels);
  for (let i = 0, k = 0; i < out.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++, k++) sum += data[k]! * data[k]!;
    out[i] = sum;
  }
  return out;
}

/** Adds a sample's distances from columns x.. and rows y.. to [nx][ny], the bound outside. */
function addWindow(
  out: Float32Array,
  distances: Float32Array,
  at: number,
  { cols, rows }: Target,
  x: number,
  y: number,
  nx: number,
  ny: number,
  bound: number,
): void {
  const from = Math.min(Math.max(-y, 0), ny), to = Math.max(Math.min(rows - y, ny), from);
  for (let i = 0, k = 0; i < nx; i++, k += ny) {
    const column = x + i;
    if (column < 0 || column >= cols) {
      for (let j = 0; j < ny; j++) out[k + j] = out[k + j]! + bound;
      continue;
    }
    const base = at + column * rows + y;
    for (let j = 0; j < from; j++) out[k + j] = out[k + j]! + bound;
    for (let j = from; j < to; j++) out[k + j] = out[k + j]! + distances[base + j]!;
    for (let j = to; j < ny; j++) out[k + j] = out[k + j]! + bound;
  }
}
