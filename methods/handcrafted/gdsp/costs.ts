/**
 * Node costs of labels on a grid of translations.
 *
 * @module
 */
import type { GridSize, Ops } from "../../../core/pyramid/grid.ts";
import { bend, type Changes } from "./changes.ts";
import { priorCost, type Weights } from "./energy.ts";
import type { Field } from "./field.ts";
import type { Node } from "./nodes.ts";

/** Everything that the costs depend on. */
export interface CostProblem {
  /** [size.rows][size.cols][channels]: the source's descriptors at the grid's samples. */
  readonly samples: Float32Array;
  readonly field: Field;
  readonly changes: Changes;
  readonly size: GridSize;
  readonly nodes: readonly Node[];
  readonly weights: Weights;
}

/** Which labels are wanted; absent: all of them. */
export interface Chosen {
  /** [nodes]: the one change of each. */
  readonly change: Int32Array;
  /** [levels]: what costs are divided by. */
  readonly means: readonly number[];
}

/**
 * Costs of every node, change and translation of its centre: [nodes][changes][nx][ny], each level divided by the mean of
 * its unchanged costs, priors added; or [nodes][nx][ny] of the chosen changes.
 *
 * Translations are whole steps of the grid, so under a change each sample of the source looks at the same target cells
 * whatever the translation, a shifted window of them: those nearest to where it goes that lie whole steps apart. So one
 * product of descriptors per change holds all distances, and a node's costs are sums of windows.
 */
export async function labelCosts(ops: Ops, problem: CostProblem, chosen?: Chosen): Promise<Float32Array> {
  const { changes, size: { nx, ny }, nodes, weights } = problem;
  const count = nx * ny, all = chosen === undefined ? changes.cos.length : 1;
  const out = new Float32Array(nodes.length * all * count);
  const plane = (node: number, change: number) => {
    const at = chosen === undefined ? node * all + change : node;
    return out.subarray(at * count, (at + 1) * count);
  };
  for (let change = 0; change < changes.cos.length; change++) {
    const members = [...nodes.keys()].filter((i) => chosen === undefined || chosen.change[i] === change);
    if (members.length === 0) continue;
    const distances = await distancesUnder(ops, problem, change);
    for (const i of members) sumWindows(problem, distances, change, nodes[i]!, plane(i, change));
  }
  const means = chosen?.means ?? meansOf(problem, (node) => plane(node, changes.identity));
  for (const [i, { level }] of nodes.entries()) {
    const mean = means[level]!, scale = mean > 0 ? 1 / mean : 0;
    for (let change = 0; change < all; change++) {
      const own = priorCost(changes, weights, chosen?.change[i] ?? change), values = plane(i, change);
      for (let k = 0; k < count; k++) values[k] = values[k]! * scale + own;
    }
  }
  return out;
}

/** [levels]: means of nodes' costs. */
function meansOf({ nodes }: CostProblem, costs: (node: number) => Float32Array): number[] {
  const sums: number[] = [], counts: number[] = [];
  for (const [i, { level }] of nodes.entries()) {
    const values = costs(i);
    sums[level] = values.reduce((sum, v) => sum + v, sums[level] ?? 0);
    counts[level] = (counts[level] ?? 0) + values.length;
  }
  return sums.map((sum, level) => sum / counts[level]!);
}

/** Distances of the source's samples from every `step`-th cell of the target as a change sees it. */
interface Distances {
  /** [samples][cols][rows] */
  readonly data: Float32Array;
  readonly cols: number;
  readonly rows: number;
}

async function distancesUnder(
  ops: Ops,
  { samples, field, size: { step }, weights: { bound } }: CostProblem,
  change: number,
): Promise<Distances> {
  const { channels } = field, cols = Math.ceil(field.cols / step), rows = Math.ceil(field.rows / step);
  const target = new Float32Array(cols * rows * channels);
  for (let x = 0, to = 0; x < cols; x++) {
    for (let y = 0; y < rows; y++, to += channels) field.write(change, x * step, y * step, target, to);
  }
  const a = { data: samples, shape: [samples.length / channels, channels] };
  const data = await (await ops.correlate(a, { data: target, shape: [cols * rows, channels] })).take();
  const own = squares(samples, channels), other = squares(target, channels), limit = bound * bound;
  for (let i = 0, k = 0; i < own.length; i++) {
    const first = own[i]!;
    for (let j = 0; j < other.length; j++, k++) {
      const square = first + other[j]! - 2 * data[k]!;
      data[k] = square < limit ? Math.sqrt(Math.max(square, 0)) : bound;
    }
  }
  return { data, cols, rows };
}

/** Squared lengths of descriptors. */
function squares(data: Float32Array, channels: number): Float64Array {
  return Float64Array.from({ length: data.length / channels }, (_, i) => {
    let sum = 0;
    for (let k = i * channels; k < (i + 1) * channels; k++) sum += data[k]! * data[k]!;
    return sum;
  });
}

/** A node's mean distances under a change and all translations: [nx][ny]. */
function sumWindows(problem: CostProblem, distances: Distances, change: number, node: Node, out: Float32Array): void {
  const { changes, size: { step, cols, rx, ry } } = problem;
  const { left, top, width, height, area } = node;
  for (let x = left; x < left + width; x++) {
    for (let y = top; y < top + height; y++) {
      const [bx, by] = bend(changes, change, x * step - node.x, y * step - node.y);
      // Of the target's columns and rows, the first that the window meets.
      const first = x + Math.round(bx / step) - rx, above = y + Math.round(by / step) - ry;
      addWindow(problem, distances, y * cols + x, first, above, out);
    }
  }
  if (width > 0 && height > 0) { for (let k = 0; k < out.length; k++) out[k] = out[k]! / area; }
}

/** Adds a sample's distances from the target's columns x.. and rows y..; the bound outside. */
function addWindow(
  { size: { nx, ny }, weights: { bound } }: CostProblem,
  { data, cols, rows }: Distances,
  sample: number,
  x: number,
  y: number,
  out: Float32Array,
): void {
  const from = Math.min(Math.max(-y, 0), ny), to = Math.max(Math.min(rows - y, ny), from);
  for (let i = 0, k = 0; i < nx; i++, k += ny) {
    const column = x + i, met = column >= 0 && column < cols;
    const first = met ? from : ny, last = met ? to : ny, base = (sample * cols + column) * rows + y;
    for (let j = 0; j < first; j++) out[k + j] = out[k + j]! + bound;
    for (let j = first; j < last; j++) out[k + j] = out[k + j]! + data[base + j]!;
    for (let j = last; j < ny; j++) out[k + j] = out[k + j]! + bound;
  }
}
