/**
 * Belief propagation over the pyramid in the space of translations, rotations and scales.
 *
 * @module
 */
import type { GridSize } from "../../../core/pyramid/grid.ts";
import { bend, type Changes, type Labels } from "./changes.ts";
import type { Weights } from "./energy.ts";
import type { Edge, Node } from "./nodes.ts";

/** A graph whose nodes choose a change and a translation of the grid. */
export interface MessageProblem {
  /** [nodes][changes][nx][ny]; [nodes][nx][ny] where every node has one change. */
  readonly unary: Float32Array;
  /** [nodes]: the change of each; absent: they choose among all. */
  readonly fixed?: Int32Array;
  readonly changes: Changes;
  readonly size: GridSize;
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
  readonly weights: Weights;
  /** Whether children speak to their parents too. */
  readonly upward: boolean;
}

/** Higher than any cost that is met. */
const NEVER = 1e9;

/**
 * Every node's best label by sequential min-sum belief propagation: in each iteration along the edges forth, then back,
 * until no label changes.
 *
 * What a node says about the cell an edge is about depends on its own change and translation together, so a message is
 * first written in terms of where that cell goes (each change's plane shifted by whole steps), there the truncated
 * distances along x, y, scale and rotation are four independent transforms, and then it is read back in the receiver's
 * own terms.
 */
export function propagate(problem: MessageProblem, iterations: number): Labels {
  const { unary, nodes, edges, size, upward, fixed } = problem;
  const count = unary.length / nodes.length;
  const belief = unary.slice(), scratch = new Float32Array(count);
  const directed = edges.flatMap((edge) => [{ from: edge.a, to: edge.b, edge }, { from: edge.b, to: edge.a, edge }])
    .map((one) => ({ ...one, values: new Float32Array(count) }));
  const send = (i: number) => {
    const { from, to, edge, values } = directed[i]!, back = directed[i ^ 1]!.values;
    const sender = belief.subarray(from * count, (from + 1) * count);
    const receiver = belief.subarray(to * count, (to + 1) * count);
    for (let k = 0; k < count; k++) {
      receiver[k] = receiver[k]! - values[k]!;
      values[k] = sender[k]! - back[k]!;
    }
    shift(problem, values, scratch, from, edge, 1);
    transform(problem, scratch);
    shift(problem, scratch, values, to, edge, -1);
    let least = Infinity;
    for (let k = 0; k < count; k++) if (values[k]! < least) least = values[k]!;
    for (let k = 0; k < count; k++) {
      values[k] = values[k]! - least;
      receiver[k] = receiver[k]! + values[k]!;
    }
  };
  let best = bestStates(belief, nodes.length, count);
  for (let i = 0; i < iterations; i++) {
    for (let e = 0; e < directed.length; e += 2) send(e);
    for (let e = directed.length - 1; e >= 0; e -= 2) {
      const { from, to } = directed[e]!;
      if (upward || nodes[from]!.level <= nodes[to]!.level) send(e);
    }
    const next = bestStates(belief, nodes.length, count);
    const same = next.every((state, node) => state === best[node]);
    best = next;
    if (same) break;
  }
  const { step, nx, ny, rx, ry } = size, plane = nx * ny;
  return {
    change: fixed ?? best.map((state) => Math.floor(state / plane)),
    dx: best.map((state) => (Math.floor(state % plane / ny) - rx) * step),
    dy: best.map((state) => (state % ny - ry) * step),
  };
}

/**
 * From translations of the node's centre to displacements of the edge's cell (`sign` 1), or back (-1), by whole steps.
 * Displacements outside the window take the value at its border, so that no label is forbidden.
 */
function shift(
  { changes, size: { step, nx, ny }, nodes, fixed }: MessageProblem,
  from: Float32Array,
  to: Float32Array,
  i: number,
  edge: Edge,
  sign: 1 | -1,
): void {
  const node = nodes[i]!;
  for (let k = 0, at = 0; at < from.length; k++, at += nx * ny) {
    const [bx, by] = bend(changes, fixed?.[i] ?? k, edge.x - node.x, edge.y - node.y);
    const sx = sign * Math.round(bx / step), sy = sign * Math.round(by / step);
    for (let x = 0; x < nx; x++) {
      const row = at + Math.min(Math.max(x - sx, 0), nx - 1) * ny;
      for (let y = 0; y < ny; y++) to[at + x * ny + y] = from[row + Math.min(Math.max(y - sy, 0), ny - 1)]!;
    }
  }
}

/** Lower envelope of truncated cones along all four axes, or along both of translation. */
function transform({ changes, size: { nx, ny }, weights, fixed }: MessageProblem, f: Float32Array): void {
  const plane = nx * ny, n = changes.rotations.length, m = changes.scales.length;
  const { stretch, stretchBound, turn, zoom, changeBound } = weights;
  for (let at = 0; at < f.length; at += plane) {
    for (let i = 0; i < nx; i++) cone(f, at + i * ny, 1, ny, stretch, stretchBound);
    cones(f, at, ny, nx, ny, stretch, stretchBound);
  }
  if (fixed !== undefined) return;
  for (let s = 0; s < m; s++) cones(f, s * n * plane, plane, n, plane, turn, changeBound);
  cones(f, 0, n * plane, m, n * plane, zoom, changeBound);
}

/** One line of `n` values. */
function cone(f: Float32Array, start: number, step: number, n: number, slope: number, bound: number): void {
  let least = f[start]!;
  const end = start + n * step;
  for (let i = start + step; i < end; i += step) {
    const v = f[i]!;
    if (v < least) least = v;
    const reached = f[i - step]! + slope;
    if (reached < v) f[i] = reached;
  }
  const most = least + bound;
  if (f[end - step]! > most) f[end - step] = most;
  for (let i = end - 2 * step; i >= start; i -= step) {
    const reached = Math.min(f[i + step]! + slope, most);
    if (reached < f[i]!) f[i] = reached;
  }
}

/** `width` neighbouring lines of `n` values each, `step` apart. */
function cones(f: Float32Array, start: number, step: number, n: number, width: number, slope: number, bound: number) {
  if (n === 1) return;
  const most = new Float32Array(width).fill(NEVER);
  for (let k = 0; k < n; k++) {
    for (let j = 0, i = start + k * step; j < width; j++, i++) if (f[i]! < most[j]!) most[j] = f[i]!;
  }
  for (let k = 1; k < n; k++) {
    for (let j = 0, i = start + k * step; j < width; j++, i++) {
      const reached = f[i - step]! + slope;
      if (reached < f[i]!) f[i] = reached;
    }
  }
  for (let k = n - 1; k >= 0; k--) {
    for (let j = 0, i = start + k * step; j < width; j++, i++) {
      let v = f[i]!;
      if (k < n - 1) v = Math.min(v, f[i + step]! + slope);
      f[i] = Math.min(v, most[j]! + bound);
    }
  }
}

/** The first state of least belief of every node. */
function bestStates(belief: Float32Array, nodes: number, count: number): Int32Array {
  const best = new Int32Array(nodes);
  for (let node = 0; node < nodes; node++) {
    let least = Infinity;
    for (let k = 0; k < count; k++) {
      if (belief[node * count + k]! < least) {
        least = belief[node * count + k]!;
        best[node] = k;
      }
    }
  }
  return best;
}
