/**
 * The energy of labels of the pyramid's nodes.
 *
 * @module
 */
import type { GridSize } from "../../../core/pyramid/grid.ts";
import { bend, type Changes, type Labels } from "./changes.ts";
import type { Field } from "./field.ts";
import type { Edge, Node } from "./nodes.ts";

/** Weights of the energy. */
export interface Weights {
  /** Largest distance of descriptors that counts, and the cost of leading out of the target. */
  readonly bound: number;
  /** Cost per step of the grid layer by which two nodes disagree about a cell, and its bound, per axis. */
  readonly stretch: number;
  readonly stretchBound: number;
  /** Cost per index of difference in scale and in rotation, and the bound of each. */
  readonly zoom: number;
  readonly turn: number;
  readonly changeBound: number;
  /** Cost of a node that scales or turns at all. */
  readonly prior: number;
}

/** What an energy is about. */
export interface Problem {
  /** [size.rows][size.cols][channels]: the source's descriptors at the grid's samples. */
  readonly samples: Float32Array;
  readonly field: Field;
  readonly changes: Changes;
  readonly size: GridSize;
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
  /** [levels]: mean costs of the grid layer's translations, which node costs are divided by. */
  readonly means: readonly number[];
  readonly weights: Weights;
}

/** Cost of two changes beside each other, or of one beside none (`other` = identity). */
export function changeCost({ rotations }: Changes, w: Weights, change: number, other: number): number {
  const n = rotations.length;
  const scale = Math.abs(Math.floor(change / n) - Math.floor(other / n)), turn = Math.abs(change % n - other % n);
  return Math.min(w.zoom * scale, w.changeBound) + Math.min(w.turn * turn, w.changeBound);
}

/** Cost of a change itself, whichever it is: leaving scale and rotation alone needs no evidence, anything else does. */
export function priorCost({ identity }: Changes, { prior }: Weights, change: number): number {
  return change === identity ? 0 : prior;
}

/**
 * Sum over nodes of the mean, bounded distance of their samples' descriptors (over the mean of their level), and over
 * edges of what the two ends disagree about: where the cell they share goes, their scale, and their rotation.
 *
 * With one change only this is DSP's energy. Messages that only go down do not minimise it: they choose each label given
 * those above. It judges between answers.
 */
export class Energy {
  readonly #problem: Problem;
  readonly #buffer: Float32Array;

  constructor(problem: Problem) {
    this.#problem = problem;
    this.#buffer = new Float32Array(problem.field.channels);
  }

  /** Of all nodes and edges. */
  total(labels: Labels): number {
    return this.data(labels) + this.#problem.edges.reduce((sum, edge) => sum + this.#edge(edge, labels), 0);
  }

  /** Of all nodes. */
  data({ change, dx, dy }: Labels): number {
    return this.#problem.nodes.reduce((sum, _, i) => sum + this.#unary(i, change[i]!, dx[i]!, dy[i]!), 0);
  }

  #unary(node: number, change: number, dx: number, dy: number): number {
    const { samples, field, changes, size: { step, cols }, nodes, means, weights } = this.#problem;
    const { left, top, width, height, area, x, y, level } = nodes[node]!;
    const mean = means[level]!;
    const own = priorCost(changes, weights, change);
    if (!(width > 0 && height > 0) || !(mean > 0)) return own;
    const c = changes.cos[change]!, s = changes.sin[change]!, n = field.channels, limit = weights.bound ** 2;
    let sum = 0;
    for (let row = top; row < top + height; row++) {
      for (let col = left; col < left + width; col++) {
        const qx = col * step - x, qy = row * step - y;
        const tx = Math.floor(x + dx + c * qx - s * qy + 0.5), ty = Math.floor(y + dy + s * qx + c * qy + 0.5);
        if (tx < 0 || ty < 0 || tx >= field.cols || ty >= field.rows) {
          sum += weights.bound;
          continue;
        }
        field.write(change, tx, ty, this.#buffer, 0);
        const square = squareDistance(samples, (row * cols + col) * n, this.#buffer, n);
        sum += square < limit ? Math.sqrt(square) : weights.bound;
      }
    }
    return sum / area / mean + own;
  }

  #edge({ a, b, x, y }: Edge, { change, dx, dy }: Labels): number {
    const { nodes, changes, weights, size: { step } } = this.#problem;
    const [ax, ay] = bend(changes, change[a]!, x - nodes[a]!.x, y - nodes[a]!.y);
    const [bx, by] = bend(changes, change[b]!, x - nodes[b]!.x, y - nodes[b]!.y);
    const axis = (d: number) => Math.min(weights.stretch * Math.abs(d) / step, weights.stretchBound);
    return axis(ax + dx[a]! - bx - dx[b]!) + axis(ay + dy[a]! - by - dy[b]!) +
      changeCost(changes, weights, change[a]!, change[b]!);
  }
}

/** Of `n` values of `a`, from `i` on, and `b`. */
function squareDistance(a: Float32Array, i: number, b: Float32Array, n: number): number {
  let sum = 0;
  for (let c = 0; c < n; c++) {
    const d = a[i + c]! - b[c]!;
    sum += d * d;
  }
  return sum;
}
