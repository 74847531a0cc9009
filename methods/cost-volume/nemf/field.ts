/**
 * NeMF's matching field: a small network that scores any pair of positions, from their coordinates and the cost volume
 * between them (Hong et al., NeurIPS 2022).
 *
 * @module
 */
import { lazy, type Ops } from "../../../core/hyper/separable.ts";
import type { WeightSet } from "../../../core/weights/set.ts";

/** Channels of the cost volume at a pair of positions. */
export const COST = 64;

const WIDTH = 256, BLOCKS = 3;

/** Frequencies linspace(1, 512, 10) of the harmonic embedding. */
const FREQUENCIES = Array.from({ length: 10 }, (_, i) => Math.fround(1 + i * 511 / 9));

/** Values of one position: sines, cosines, and the scaled coordinate itself. */
export const HARMONIC = 4 * FREQUENCIES.length + 2;

type Stored = ReturnType<typeof lazy>;

interface Affine {
  readonly weight: Stored;
  readonly bias: Stored;
  /** [in][out]: for the way back. */
  readonly turned: Stored;
}

/** Parameters of the scoring network. */
export interface FieldWeights {
  readonly point: Affine;
  readonly cost: readonly Affine[];
  readonly blocks: readonly (readonly [Affine, Affine])[];
  readonly out: Affine;
}

function takeAffine(set: WeightSet, name: string, out: number, inputs: number): Affine {
  const weight = lazy(set.take(`${name}.weight`, [out, inputs])), bias = lazy(set.take(`${name}.bias`, [out]));
  let data: Float32Array | undefined;
  const turned = {
    shape: [inputs, out],
    get data() {
      const given = weight.data;
      return data ??= Float32Array.from(given, (_, i) => given[i % out * inputs + Math.floor(i / out)]!);
    },
  };
  return { weight, bias, turned };
}

/** Takes `<prefix>.{fc_p,fc_c.*,blocks.*,fc_out}`. */
export function takeField(set: WeightSet, prefix: string): FieldWeights {
  const each = <T>(make: (i: number) => T) => Array.from({ length: BLOCKS }, (_, i) => make(i));
  return {
    point: takeAffine(set, `${prefix}.fc_p`, WIDTH, 2 * HARMONIC),
    cost: each((i) => takeAffine(set, `${prefix}.fc_c.${i}`, WIDTH, COST)),
    blocks: each((i) => [
      takeAffine(set, `${prefix}.blocks.${i}.fc_0`, WIDTH, WIDTH),
      takeAffine(set, `${prefix}.blocks.${i}.fc_1`, WIDTH, WIDTH),
    ]),
    out: takeAffine(set, `${prefix}.fc_out`, 1, WIDTH),
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

/** x W^T + b, added to `to` where given. */
async function forward(ops: Ops, x: Float32Array, { weight, bias }: Affine, to?: Float32Array): Promise<Float32Array> {
  const [out, inputs] = weight.shape as [number, number];
  const y = await (await ops.correlate({ data: x, shape: [x.length / inputs, inputs] }, weight)).take();
  const b = bias.data;
  for (let i = 0, o = 0; i < y.length; i++) {
    y[i]! += b[o]! + (to === undefined ? 0 : to[i]!);
    if (++o === out) o = 0;
  }
  return y;
}

async function backward(ops: Ops, slopes: Float32Array, { turned }: Affine): Promise<Float32Array> {
  const out = turned.shape[1]!;
  return await (await ops.correlate({ data: slopes, shape: [slopes.length / out, out] }, turned)).take();
}

const relu = (x: Float32Array) => x.map((value) => value > 0 ? value : 0);

/** Slopes where the value that went through the ReLU was positive. */
function gate(slopes: Float32Array, x: Float32Array): Float32Array {
  return slopes.map((value, i) => x[i]! > 0 ? value : 0);
}

/** Scores, and a function that gives their slopes. */
export interface Scored {
  /** [n] */
  readonly score: Float32Array;
  /** d score / d input: of points [n][2 HARMONIC] and costs [n][COST]. */
  slopes(): Promise<{ readonly points: Float32Array; readonly costs: Float32Array }>;
}

/**
 * Scores pairs of positions.
 *
 * @param points [n][2 HARMONIC]: source embedding, then target embedding
 * @param costs [n][COST]
 */
export async function scorePairs(
  ops: Ops,
  points: Float32Array,
  costs: Float32Array,
  net: FieldWeights,
): Promise<Scored> {
  let x = await forward(ops, points, net.point);
  const seen: { before: Float32Array; middle: Float32Array }[] = [];
  for (let i = 0; i < BLOCKS; i++) {
    const before = await forward(ops, costs, net.cost[i]!, x);
    const middle = await forward(ops, relu(before), net.blocks[i]![0]);
    x = await forward(ops, relu(middle), net.blocks[i]![1], before);
    seen.push({ before, middle });
  }
  const last = x, score = await forward(ops, relu(last), net.out);
  return {
    score,
    async slopes() {
      const weight = net.out.weight.data;
      let slope = last.map((value, i) => value > 0 ? weight[i % WIDTH]! : 0), ofCosts: Float32Array | undefined;
      for (let i = BLOCKS - 1; i >= 0; i--) {
        const { before, middle } = seen[i]!, [first, second] = net.blocks[i]!;
        const inner = gate(await backward(ops, slope, second), middle);
        const through = gate(await backward(ops, inner, first), before);
        slope = slope.map((value, k) => value + through[k]!);
        const part = await backward(ops, slope, net.cost[i]!);
        ofCosts = ofCosts === undefined ? part : ofCosts.map((value, k) => value + part[k]!);
      }
      return { points: await backward(ops, slope, net.point), costs: ofCosts! };
    },
  };
}
