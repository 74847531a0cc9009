/**
 * The learner of convolutional Hough matching: correlations of three scales by three, a 6-D convolution over scales and
 * space, the best scale, and a 4-D convolution of the volume at twice the side.
 *
 * @module
 */
import { type Descriptors, type Ops, resizedVolume, type Volume } from "../../../core/consensus/volume.ts";
import type { Pair } from "../../../core/types.ts";
import type { WeightTensor } from "../../../core/weights/tensor.ts";
import { SIDE } from "./kernel.ts";

/** The learner's weights, kernels expanded. */
export interface LearnerWeights {
  /** One 3 x 3 convolution per scale, [channels / 4][channels][3][3], unread. */
  readonly reductions: readonly WeightTensor[];
  /** [3][3][5][5][5][5] */
  readonly kernel6d: Float32Array;
  readonly bias6d: number;
  /** [5][5][5][5] */
  readonly kernel4d: Float32Array;
  readonly bias4d: number;
}

/** Cosines of all scale pairs on grids of `side`, negative ones 0. @returns [3][3][side][side][side][side] */
export async function correlations(
  ops: Ops,
  { source, target }: Pair<readonly Descriptors[]>,
  side: number,
): Promise<Float32Array<ArrayBuffer>> {
  const volume = side ** 4, out = new Float32Array(9 * volume);
  const input = ({ rows, cols, channels, data }: Descriptors) => ({ data, shape: [rows * cols, channels] });
  for (const [i, a] of source.entries()) {
    for (const [j, b] of target.entries()) {
      using cosines = await ops.correlate(input(a), input(b), { norm: { rule: "plus", eps: 0 } });
      const shape = [a.rows, a.cols, b.rows, b.cols, 1], size = [side, side, side, side] as const;
      using resized = await ops.interpolate4d({ data: await cosines.read(), shape }, { size });
      out.set(await resized.read(), (i * 3 + j) * volume);
    }
  }
  for (let i = 0; i < out.length; i++) if (!(out[i]! > 0)) out[i] = 0;
  return out;
}

/** The 6-D layer. x: [3][3][side][side][side][side]. @returns the same shape */
export async function houghScales(ops: Ops, x: Float32Array, side: number, weights: LearnerWeights) {
  const kernel = { data: weights.kernel6d, shape: [3, 3, SIDE, SIDE, SIDE, SIDE] };
  const out = await ops.conv6d({ data: x, shape: [3, 3, side, side, side, side] }, {
    weights: kernel,
    bias: weights.bias6d,
  });
  return await out.take();
}

/** The sigmoid of the largest of the nine scale pairs. x: [9][side^4]. @returns [side^4] */
export function bestScale(x: Float32Array): Float32Array<ArrayBuffer> {
  const volume = x.length / 9, out = x.slice(0, volume);
  for (let pair = 1; pair < 9; pair++) {
    const from = pair * volume;
    for (let i = 0; i < volume; i++) if (x[from + i]! > out[i]!) out[i] = x[from + i]!;
  }
  // The sigmoid keeps the order, so it may come last.
  for (let i = 0; i < volume; i++) out[i] = 1 / (1 + Math.exp(-out[i]!));
  return out;
}

/** The volume at twice the side, convolved. @returns [2 side]^4 */
export async function houghSpace(ops: Ops, x: Float32Array, side: number, weights: LearnerWeights) {
  const kernel = { data: weights.kernel4d, shape: [SIDE, SIDE, SIDE, SIDE] };
  const { data, size } = await resizedVolume(ops, { data: x, size: [side, side, side, side] }, 2 * side);
  const out = await ops.conv6d({ data, shape: size }, { weights: kernel, bias: weights.bias4d });
  return await out.take();
}

/** log(1 + e^x) of every value, then the mutual nearest-neighbour filter. @returns [cells][cells] */
export async function confidences(ops: Ops, x: Float32Array): Promise<Float32Array<ArrayBuffer>> {
  const cells = Math.sqrt(x.length);
  // For large x the sum would lose x, and it is x itself; torch draws the line at 20.
  const data = x.map((value) => value > 20 ? value : Math.log1p(Math.exp(value)));
  return await (await ops.mutual({ data, shape: [cells, cells] }, { variant: "nonzero" })).take();
}

/** Every stage after the descriptors. @returns the volume on grids of twice the side */
export async function learn(
  ops: Ops,
  pyramids: Pair<readonly Descriptors[]>,
  side: number,
  weights: LearnerWeights,
): Promise<Volume> {
  const scales = await houghScales(ops, await correlations(ops, pyramids, side), side, weights);
  const data = await confidences(ops, await houghSpace(ops, bestScale(scales), side, weights));
  return { size: [2 * side, 2 * side, 2 * side, 2 * side], data };
}
