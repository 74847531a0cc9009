/**
 * The learner of convolutional Hough matching: correlations of three scales by three, a 6-D convolution over scales and
 * space, the best scale, and a 4-D convolution of the volume at twice the side.
 *
 * @module
 */
import type { Ops } from "../../../core/consensus/volume.ts";
import { resizeChw } from "../../../core/image/resize.ts";
import type { Pair } from "../../../core/types.ts";
import { SIDE } from "./kernel.ts";

/** Features of one picture on a square grid. */
export interface SquareMap {
  readonly side: number;
  readonly channels: number;
  /** [channels][side][side] */
  readonly data: Float32Array;
}

/** The learner's weights, kernels expanded. */
export interface LearnerWeights {
  /** One 3 x 3 convolution per scale: [channels / 4][channels][3][3]. */
  readonly reductions: readonly Float32Array[];
  /** [3][3][5][5][5][5] */
  readonly kernel6d: Float32Array;
  readonly bias6d: number;
  /** [5][5][5][5] */
  readonly kernel4d: Float32Array;
  readonly bias4d: number;
}

/** Areas of the resized maps, relative to the given one. */
export const SCALES: readonly number[] = [0.5, 1, 2];

/** Side of a map whose area is scaled; halves go to the even number. */
export function scaledSide(side: number, scale: number): number {
  const exact = side * Math.sqrt(scale), low = Math.floor(exact);
  if (exact - low === 0.5) return low % 2 === 0 ? low : low + 1;
  return Math.round(exact);
}

/** Patches of 3 x 3 around every cell, zeros outside. @returns [side * side][channels][3][3] */
function patches({ side, channels, data }: SquareMap): Float32Array<ArrayBuffer> {
  const out = new Float32Array(side * side * channels * 9);
  for (let c = 0; c < channels; c++) {
    for (let u = -1; u <= 1; u++) {
      for (let v = -1; v <= 1; v++) {
        const tap = c * 9 + (u + 1) * 3 + v + 1;
        const top = Math.max(0, -u), bottom = Math.min(side, side - u);
        const left = Math.max(0, -v), right = Math.min(side, side - v);
        for (let y = top; y < bottom; y++) {
          const from = (c * side + y + u) * side + v;
          for (let x = left; x < right; x++) out[(y * side + x) * channels * 9 + tap] = data[from + x]!;
        }
      }
    }
  }
  return out;
}

/** The descriptors of one scale: resized, then convolved. @returns [cells][channels / 4] */
async function scaled(ops: Ops, map: SquareMap, scale: number, weights: Float32Array) {
  const side = scaledSide(map.side, scale),
    outputs = weights.length / (map.channels * 9),
    square = { rows: side, cols: side };
  const resized = resizeChw(map.data, { rows: map.side, cols: map.side, channels: map.channels }, square, {
    kernel: "bilinear",
    alignCorners: true,
  });
  const cells = { data: patches({ ...map, side, data: resized }), shape: [side * side, map.channels * 9] };
  // A convolution is the product of patches and weights.
  const descriptors = await ops.correlate(cells, { data: weights, shape: [outputs, map.channels * 9] });
  return { side, descriptors };
}

/** Cosines of all scale pairs on the source's grid, negative ones 0. @returns [3][3][side][side][side][side] */
export async function correlations(
  ops: Ops,
  { source, target }: Pair<SquareMap>,
  reductions: readonly Float32Array[],
): Promise<Float32Array<ArrayBuffer>> {
  const { side } = source, volume = side ** 4, out = new Float32Array(9 * volume);
  const maps = async (map: SquareMap) => {
    const found = [];
    for (const [i, scale] of SCALES.entries()) found.push(await scaled(ops, map, scale, reductions[i]!));
    return found;
  };
  const sources = await maps(source), targets = await maps(target);
  for (const [i, a] of sources.entries()) {
    for (const [j, b] of targets.entries()) {
      using cosines = await ops.correlate(a.descriptors, b.descriptors, { norm: { rule: "plus", eps: 0 } });
      const size = [a.side, a.side, b.side, b.side];
      using resized = await ops.interpolate4d({ data: await cosines.read(), shape: [...size, 1] }, {
        size: [side, side, side, side],
      });
      out.set(await resized.read(), (i * 3 + j) * volume);
    }
  }
  for (const { descriptors } of [...sources, ...targets]) descriptors.dispose();
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

/** The best scale pair's score in (0, 1) for every match. @returns [side][side][side][side] */
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
  const double = 2 * side, size = [double, double, double, double] as const;
  const kernel = { data: weights.kernel4d, shape: [SIDE, SIDE, SIDE, SIDE] };
  using larger = await ops.interpolate4d({ data: x, shape: [side, side, side, side, 1] }, { size });
  const out = await ops.conv6d({ data: await larger.read(), shape: size }, { weights: kernel, bias: weights.bias4d });
  return await out.take();
}

/** log(1 + e^x) of every value, then the mutual nearest-neighbour filter. @returns [cells][cells] */
export async function confidences(ops: Ops, x: Float32Array): Promise<Float32Array<ArrayBuffer>> {
  const cells = Math.sqrt(x.length);
  // For large x the sum would lose x, and it is x itself; torch draws the line at 20.
  const data = x.map((value) => value > 20 ? value : Math.log1p(Math.exp(value)));
  return await (await ops.mutual({ data, shape: [cells, cells] }, { variant: "nonzero" })).take();
}

/** Every stage. @returns [4 side^2][4 side^2]: source cells of the doubled grid, target cells */
export async function learn(
  ops: Ops,
  maps: Pair<SquareMap>,
  weights: LearnerWeights,
): Promise<Float32Array<ArrayBuffer>> {
  const { side } = maps.source;
  const scales = await houghScales(ops, await correlations(ops, maps, weights.reductions), side, weights);
  return await confidences(ops, await houghSpace(ops, bestScale(scales), side, weights));
}
