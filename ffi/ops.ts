import type { Engine } from "./engine.ts";
import type { ArrayTensor, Input, Tensor } from "./tensor.ts";
import {
  type Best,
  correlate,
  correlateBest,
  type CorrelateOptions,
  correlateStack,
  type DescriptorPair,
  type VolumeOptions,
} from "./ops/correlate.ts";
import { bpFlow, type BpFlowOptions, type BpFlowResult, halveBytes } from "./ops/bp_flow.ts";
import { bpPyramid, type BpPyramidOptions } from "./ops/bp_pyramid.ts";
import { conv4d, conv4dAt, type Conv4dAtOptions, type Conv4dLayer, type Conv4dOptions } from "./ops/conv4d.ts";
import { fmaPeak } from "./ops/fma_peak.ts";
import { groupNorm, type GroupNormOptions } from "./ops/group_norm.ts";
import { interpolate4d, type Interpolate4dOptions } from "./ops/interpolate4d.ts";
import { l2Normalize, type Norm } from "./ops/l2_normalize.ts";
import { mutual, type MutualOptions } from "./ops/mutual.ts";
import {
  argmax,
  sample,
  type SampleOptions,
  softArgmax,
  type SoftArgmaxOptions,
  warp,
  type WarpFlow,
} from "./ops/read_out.ts";
import { sinkhorn, type SinkhornOptions } from "./ops/sinkhorn.ts";
import {
  translationCosts,
  type TranslationOptions,
  windowMatch,
  type WindowMatchOptions,
  type WindowMatchResult,
} from "./ops/grid_match.ts";
import { hough, type HoughOptions, type HoughResult } from "./ops/hough.ts";
import { conv6d, type Conv6dOptions } from "./ops/conv6d.ts";
import { type PairLayer, separable4d } from "./ops/separable4d.ts";
import {
  additiveAttention,
  type AdditiveAttentionOptions,
  type AdditiveAttentionWeights,
  tokenMlp,
  type TokenMlpWeights,
} from "./ops/additive_attention.ts";
import { patchMatch, type PatchMatchOptions } from "./ops/patch_match.ts";
import { type SiftDescriptorOptions, siftDescriptors } from "./ops/sift_descriptors.ts";
import { filterFlow, type FilterFlowOptions, type FilterFlowResult } from "./ops/filter_flow.ts";

/**
 * The operations on one device. Made by {@linkcode openOps}.
 *
 * Every operation takes tensors (data stays on the device) or plain `{ data, shape }` arrays (uploaded for the call),
 * and gives tensors that the caller frees: `using`, `dispose()`, or `take()` for the values.
 *
 * Errors of all operations: TypeError or RangeError for arguments that do not fit each other, InputError when the memory
 * allowed does not suffice (with the numbers).
 */
export class Ops implements Disposable {
  /** For the operations' files. */
  readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Which implementation runs. */
  get kind(): "cuda" | "cpu" | "reference" {
    return this.engine.kind;
  }

  /** One line for the result record: implementation, device, threads. */
  get description(): string {
    return `${this.engine.kind} (${this.engine.device}, ${this.engine.threads} threads)`;
  }

  /** Tensors alive: 0 when nothing leaks. */
  get live(): number {
    return this.engine.live;
  }

  /** Bytes allowed, taken now, and taken at most. */
  get memory(): { readonly limit: number; readonly used: number; readonly peak: number } {
    return { limit: this.engine.memory, used: this.engine.memoryUsed, peak: this.engine.memoryPeak };
  }

  /** Frees the context (after its last tensor). */
  close(): void {
    this.engine[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Uploads values: float32 or int32 by the array's type. */
  tensor(data: ArrayTensor["data"], shape: ArrayTensor["shape"]): Promise<Tensor> {
    return this.engine.upload({ data, shape });
  }

  /** GFLOP/s of multiply-adds in registers, on average over some milliseconds: the ceiling that benches compare with. */
  fmaPeak(milliseconds = 20): Promise<number> {
    return fmaPeak(this.engine, milliseconds);
  }

  /** Divides rows of the last axis by their length. x: [...][channels], values up to 1e18. */
  l2Normalize(x: Input, norm: Norm): Promise<Tensor> {
    return l2Normalize(this.engine, x, norm);
  }

  /** Dot products (or, normalised, cosines) of rows. a: [m][channels], b: [n][channels]. @returns [m or rows][n] */
  correlate(a: Input, b: Input, options?: VolumeOptions): Promise<Tensor> {
    return correlate(this.engine, a, b, options);
  }

  /**
   * {@linkcode correlate} of several pairs whose numbers of rows are the same, each written into its place of one tensor.
   * @returns [pairs][m or rows][n]
   */
  correlateStack(pairs: readonly DescriptorPair[], options?: VolumeOptions): Promise<Tensor> {
    return correlateStack(this.engine, pairs, options);
  }

  /** The best column of each row of {@linkcode correlate}'s product, without storing the product. */
  correlateBest(a: Input, b: Input, options?: CorrelateOptions): Promise<Best> {
    return correlateBest(this.engine, a, b, options);
  }

  /** Mutual nearest-neighbour filter. x: [source cells][target cells]. @returns the same shape */
  mutual(x: Input, options?: MutualOptions): Promise<Tensor> {
    return mutual(this.engine, x, options);
  }

  /**
   * A stack of 4-D convolutions as one call, kept on the device between layers. x: [I][J][K][L][channels], weights
   * [out][in][k1][k2][k3][k4]. @returns [I][J][K][L][out channels of the last layer]
   */
  conv4d(x: Input, layers: readonly Conv4dLayer[], options?: Conv4dOptions): Promise<Tensor> {
    return conv4d(this.engine, x, layers, options);
  }

  /**
   * What {@linkcode conv4d} gives at chosen pairs of cells, computed from what each depends on. x: [I * J][K * L *
   * channels], as {@linkcode correlate} gives it; pairs: int32 [n][2], a cell of I x J and one of K x L.
   * @returns [n][out channels of the last layer]; NaN where a pair lies outside
   */
  conv4dAt(x: Input, pairs: Input, layers: readonly Conv4dLayer[], options: Conv4dAtOptions): Promise<Tensor> {
    return conv4dAt(this.engine, x, pairs, layers, options);
  }

  /**
   * Entropic optimal transport in the log domain. cost: [rows][columns]; one that is not finite forbids its match.
   * @returns the plan, the same shape: rows keep their mass, columns as far as the iterations converge
   */
  sinkhorn(cost: Input, options: SinkhornOptions): Promise<Tensor> {
    return sinkhorn(this.engine, cost, options);
  }

  /**
   * Regularised Hough matching: every pair votes for its offset, and is weighed with the smoothed votes of its bin.
   * votes: [sources][targets]. @returns the confidences, the same shape, and the space [ny][nx]
   */
  hough(votes: Input, options: HoughOptions): Promise<HoughResult> {
    return hough(this.engine, votes, options);
  }

  /**
   * Half of a map of bytes, as MATLAB filters and resizes uint8 (see `ffi/reference/halve_bytes.ts`). map: int32
   * [rows][cols][words of four channels]. @returns int32 [ceil(rows / 2)][ceil(cols / 2)][words]
   */
  halveBytes(map: Input): Promise<Tensor> {
    return halveBytes(this.engine, map);
  }

  /**
   * One level of SIFT Flow: integer belief propagation on a grid of displacements, the same numbers everywhere. source,
   * target: int32 [rows][cols][words of four byte channels]. @returns the flow [height][width][2] and its energies
   */
  bpFlow(source: Input, target: Input, options: BpFlowOptions): Promise<BpFlowResult> {
    return bpFlow(this.engine, source, target, options);
  }

  /**
   * Belief propagation over a pyramid of grids (DSP), the same states everywhere. unary: [nodes][nx][ny], level by
   * level, columns first. @returns int32 [nodes]: x * ny + y
   */
  bpPyramid(unary: Input, options: BpPyramidOptions): Promise<Tensor> {
    return bpPyramid(this.engine, unary, options);
  }

  /**
   * Convolution of one channel over two scale axes and four axes of space, or over space alone; the size stays.
   * x: [A][B][I][J][K][L] or [I][J][K][L]. @returns the same shape
   */
  conv6d(x: Input, options: Conv6dOptions): Promise<Tensor> {
    return conv6d(this.engine, x, options);
  }

  /**
   * Separable 4-D convolution with strides: a 2-D convolution of each pair of axes, summed. x: [batch][in][I][J][K][L].
   * @returns [batch][out], every size divided by its stride and rounded up
   */
  separable4d(x: Input, source: PairLayer, target: PairLayer): Promise<Tensor> {
    return separable4d(this.engine, x, source, target);
  }

  /**
   * Group norm, then an activation, then a sum, each where asked for. x: [batch][channels][...].
   * @returns the same shape
   */
  groupNorm(x: Input, options: GroupNormOptions): Promise<Tensor> {
    return groupNorm(this.engine, x, options);
  }

  /** The best column of each row. x: [rows][columns] */
  argmax(x: Input): Promise<Best> {
    return argmax(this.engine, x);
  }

  /**
   * Expected positions under the soft-max of each row's map; with `sigma` the kernel soft-argmax, with `radius` the window
   * soft-argmax. x: [rows][height][width]. @returns [rows][2]: column, row; NaN where nothing can win
   */
  softArgmax(x: Input, options: SoftArgmaxOptions): Promise<Tensor> {
    return softArgmax(this.engine, x, options);
  }

  /** Bilinear values. map: [height][width][channels], points: [n][2] column, row. @returns [n][channels] */
  sample(map: Input, points: Input, options?: SampleOptions): Promise<Tensor> {
    return sample(this.engine, map, points, options);
  }

  /** The map read at every cell moved by a flow: values at cell + displacement. @returns [rows * cols][channels] */
  warp(map: Input, flow: WarpFlow, options?: SampleOptions): Promise<Tensor> {
    return warp(this.engine, map, flow, options);
  }

  /** Resizes a volume bilinearly, I and J first, then K and L. x: [I][J][K][L][channels] */
  interpolate4d(x: Input, options: Interpolate4dOptions): Promise<Tensor> {
    return interpolate4d(this.engine, x, options);
  }

  /**
   * Additive attention between all tokens, with its layer norm and residual. x: [tokens][channels].
   * @returns the same shape
   */
  additiveAttention(
    x: Input,
    weights: AdditiveAttentionWeights<Input>,
    options: AdditiveAttentionOptions,
  ): Promise<Tensor> {
    return additiveAttention(this.engine, x, weights, options);
  }

  /** A network of one hidden layer (GELU) on every token, with layer norm and residual. x: [tokens][channels]. */
  tokenMlp(x: Input, weights: TokenMlpWeights<Input>, eps?: number): Promise<Tensor> {
    return tokenMlp(this.engine, x, weights, eps);
  }

  /**
   * Distances of every `step`-th pixel of a to b under all translations of a grid. a, b: [rows][cols][channels].
   * @returns [2 nx + 1][2 ny + 1][ceil(cols / step)][ceil(rows / step)], at most `bound`
   */
  translationCosts(a: Input, b: Input, options: TranslationOptions): Promise<Tensor> {
    return translationCosts(this.engine, a, b, options);
  }

  /**
   * Every pixel's best displacement in a window around a start of its own. a, b: [rows][cols][channels].
   * @returns the flow, int32 [rows][cols][2], and the distances found, [rows][cols]
   */
  windowMatch(a: Input, b: Input, options: WindowMatchOptions): Promise<WindowMatchResult> {
    return windowMatch(this.engine, a, b, options);
  }

  /**
   * SIFT descriptors on a grid of pixels, from planes of gradients gathered over bins. planes: [height][width][8].
   * @returns [rows][cols][128], 0..255
   */
  siftDescriptors(planes: Input, options: SiftDescriptorOptions): Promise<Tensor> {
    return siftDescriptors(this.engine, planes, options);
  }

  /**
   * Approximate nearest neighbours by PatchMatch: similarity a . b, deterministic for a seed. a: [rows][cols][channels],
   * b: likewise. @returns index int32 and score, [rows][cols] of a
   */
  patchMatch(a: Input, b: Input, options?: PatchMatchOptions): Promise<Best> {
    return patchMatch(this.engine, a, b, options);
  }

  /** PatchMatch over superpixels with costs smoothed along the source's edges (see `ffi/reference/filter_flow.ts`). */
  filterFlow(options: FilterFlowOptions): Promise<FilterFlowResult> {
    return filterFlow(this.engine, options);
  }
}
