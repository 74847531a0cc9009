/**
 * NeMF's matching field: a small network that scores any pair of positions, from their coordinates and the cost volume
 * between them (Hong et al., NeurIPS 2022).
 *
 * The network is an ONNX Runtime graph, its slopes with respect to its inputs are written out as a second one.
 *
 * @module
 */
import { type Affine, applyLinear, takeAffine } from "../../../core/graph/affine.ts";
import { Graph, type Value } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/graph/model.ts";
import { add, matmul, multiply, relu, reshape } from "../../../core/graph/ops/mod.ts";
import { OpenNetworks } from "../../../core/hyper/network.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import { reshapeOf } from "../../../core/weights/tensor.ts";

/** Channels of the cost volume at a pair of positions. */
export const COST = 64;

const WIDTH = 256, BLOCKS = 3;

/** Frequencies linspace(1, 512, 10) of the harmonic embedding. */
const FREQUENCIES = Array.from({ length: 10 }, (_, i) => Math.fround(1 + i * 511 / 9));

/** Values of one position: sines, cosines, and the scaled coordinate itself. */
export const HARMONIC = 4 * FREQUENCIES.length + 2;

/** Parameters of the scoring network. */
export interface FieldWeights {
  readonly point: Affine;
  readonly cost: readonly Affine[];
  readonly blocks: readonly (readonly [Affine, Affine])[];
  readonly out: Affine;
}

/** Takes `<prefix>.{fc_p,fc_c.*,blocks.*,fc_out}`. */
export function takeField(set: WeightSet, prefix: string): FieldWeights {
  const each = <T>(make: (i: number) => T) => Array.from({ length: BLOCKS }, (_, i) => make(i));
  return {
    point: takeAffine(set, `${prefix}.fc_p`, [WIDTH, 2 * HARMONIC]),
    cost: each((i) => takeAffine(set, `${prefix}.fc_c.${i}`, [WIDTH, COST])),
    blocks: each((i) => [
      takeAffine(set, `${prefix}.blocks.${i}.fc_0`, [WIDTH, WIDTH]),
      takeAffine(set, `${prefix}.blocks.${i}.fc_1`, [WIDTH, WIDTH]),
    ]),
    out: takeAffine(set, `${prefix}.fc_out`, [1, WIDTH]),
  };
}

/**
 * Harmonic embedding of positions in [-1, 1]: t = 2 c + 3, then sin(t f), cos(t f) with x's ten frequencies before y's,
 * then t.
 *
 * @param at [n][2]: x, y
 * @returns [n][HARMONIC]
 */
export function harmonics(at: ArrayLike<number>): Float32Array {
  const n = at.length / 2, count = FREQUENCIES.length, out = new Float32Array(n * HARMONIC);
  for (let i = 0; i < n; i++) {
    for (let axis = 0; axis < 2; axis++) {
      const t = Math.fround(2 * at[2 * i + axis]! + 3), row = i * HARMONIC;
      for (let f = 0; f < count; f++) {
        // The official products are float32, which moves the argument of the fastest by up to 1e-4.
        const phase = Math.fround(t * FREQUENCIES[f]!);
        out[row + axis * count + f] = Math.sin(phase);
        out[row + (2 + axis) * count + f] = Math.cos(phase);
      }
      out[row + 4 * count + axis] = t;
    }
  }
  return out;
}

/** d score / d position from d score / d embedding. @returns [n][2] */
export function harmonicsBack(
  embedded: Float32Array,
  slopes: ArrayLike<number>,
  stride: number,
  offset: number,
): Float64Array {
  const n = embedded.length / HARMONIC, count = FREQUENCIES.length, out = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    for (let axis = 0; axis < 2; axis++) {
      const row = i * HARMONIC, from = i * stride + offset;
      let sum = slopes[from + 4 * count + axis]!;
      for (let f = 0; f < count; f++) {
        const sine = row + axis * count + f, cosine = row + (2 + axis) * count + f;
        sum += FREQUENCIES[f]! *
          (slopes[from + axis * count + f]! * embedded[cosine]! -
            slopes[from + (2 + axis) * count + f]! * embedded[sine]!);
      }
      out[2 * i + axis] = 2 * sum;
    }
  }
  return out;
}

/** Scores, and how they change with the inputs. */
export interface Slopes {
  /** [n] */
  readonly score: Float32Array;
  /** d score / d points, [n][2 HARMONIC] */
  readonly points: Float32Array;
  /** d score / d costs, [n][COST] */
  readonly costs: Float32Array;
}

/** The network for any number of pairs of positions. */
export class FieldNetwork {
  // The search asks with two numbers of pairs, and for slopes with one.
  readonly #networks = new OpenNetworks(3);

  constructor(readonly weights: FieldWeights) {}

  /**
   * Scores pairs of positions. The arrays are given away.
   *
   * @param points [n][2 HARMONIC]: source embedding, then target embedding
   * @param costs [n][COST]
   * @returns [n]
   */
  async score(points: Float32Array, costs: Float32Array): Promise<Float32Array> {
    return (await this.#run("score", points, costs)).score!.data;
  }

  /** As {@linkcode score}, with the slopes. */
  async slopes(points: Float32Array, costs: Float32Array): Promise<Slopes> {
    const { score, points: ofPoints, costs: ofCosts } = await this.#run("slopes", points, costs);
    return { score: score!.data, points: ofPoints!.data, costs: ofCosts!.data };
  }

  #run(kind: "score" | "slopes", points: Float32Array, costs: Float32Array) {
    const n = costs.length / COST, given = (data: Float32Array) => data as Float32Array<ArrayBuffer>;
    return this.#networks.run(`${kind} ${n}`, () => fieldModel(n, this.weights, kind === "slopes"), {
      "at points": { shape: [n, 2 * HARMONIC], data: given(points) },
      "at costs": { shape: [n, COST], data: given(costs) },
    });
  }

  /** Gives the sessions back. */
  async close(): Promise<void> {
    await this.#networks.close();
  }
}

function fieldModel(n: number, net: FieldWeights, withSlopes: boolean): Model {
  const g = new Graph("NeMF's field");
  const points = g.input("at points", [n, 2 * HARMONIC]), costs = g.input("at costs", [n, COST]);
  let x = applyLinear(g, points, net.point);
  /** What left each ReLU. */
  const seen: { before: Value; middle: Value }[] = [];
  for (let i = 0; i < BLOCKS; i++) {
    const sum = add(g, x, applyLinear(g, costs, net.cost[i]!)), before = relu(g, sum);
    const middle = relu(g, applyLinear(g, before, net.blocks[i]![0]));
    x = add(g, sum, applyLinear(g, middle, net.blocks[i]![1]));
    seen.push({ before, middle });
  }
  const last = relu(g, x), score = reshape(g, applyLinear(g, last, net.out), [n]);
  if (!withSlopes) return g.model({ score });

  /** Slopes pass where the ReLU let the value pass. */
  const gate = (slopes: Value, passed: Value) => multiply(g, g.node("Sign", [passed], passed.shape), slopes);
  const back = (slopes: Value, { weight }: Affine) => matmul(g, slopes, g.weight(weight));
  let slope = gate(g.weight(reshapeOf(net.out.weight, [1, WIDTH])), last), ofCosts: Value | undefined;
  for (let i = BLOCKS - 1; i >= 0; i--) {
    const { before, middle } = seen[i]!, [first, second] = net.blocks[i]!;
    slope = add(g, slope, gate(back(gate(back(slope, second), middle), first), before));
    const part = back(slope, net.cost[i]!);
    ofCosts = ofCosts === undefined ? part : add(g, ofCosts, part);
  }
  return g.model({ score, points: back(slope, net.point), costs: ofCosts! });
}
