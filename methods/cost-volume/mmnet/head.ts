/**
 * The network between MMNet's backbone and its correlations: every bottleneck's map through a block of four receptive
 * fields, summed per stage, smoothed by local attention, and fused from the coarsest stage down.
 *
 * @module
 */
import type { Graph, Value } from "../../../core/graph/graph.ts";
import {
  add,
  concat,
  conv,
  convTranspose,
  l2Normalize,
  linear,
  multiply,
  padSpatial,
  relu,
  reshape,
  slice,
  softmax,
  transpose,
} from "../../../core/graph/ops/mod.ts";
import type { WeightTensor } from "../../../core/weights/tensor.ts";
import {
  type AverageParameters,
  type BlockParameters,
  type ConvParameters,
  DILATIONS,
  FEATURES,
  INNER,
  type StageParameters,
} from "./parameters.ts";

/** Values of the head, [1, channels, rows, cols]. */
export interface Head {
  /** Per stage: all blocks before they are reduced, [1, blocks * 32, rows, cols]. */
  readonly blocks: readonly Value[];
  /** Per stage: the sum of its blocks after the local attention. */
  readonly stages: readonly Value[];
  /** Per stage, from fine to coarse: what is matched. */
  readonly features: readonly Value[];
}

/** @param maps per stage, from fine to coarse: every bottleneck after its ReLU, [rows * cols, channels] */
export function mmnetHead(
  g: Graph,
  maps: readonly (readonly Value[])[],
  sizes: readonly (readonly [rows: number, cols: number])[],
  stages: readonly StageParameters[],
): Head {
  const blocks = stages.map((stage, s) =>
    g.scope(`msblock${s + 1}`, () => msBlocks(g, maps[s]!, sizes[s]!, stage.blocks))
  );
  const averaged = stages.map((stage, s) =>
    g.scope(`wa_${s + 1}`, () => weightAverage(g, reduced(g, blocks[s]!, stage.blocks), stage.average))
  );
  const features = [...averaged];
  for (let s = stages.length - 2; s >= 0; s--) {
    const above = enlarged(g, features[s + 1]!, averaged[s]!, stages[s + 1]!.enlarge!);
    features[s] = g.scope(
      `conv${s + 1}_scale`,
      () => apply(g, concat(g, [averaged[s]!, above], 1), stages[s]!.join!, 1),
    );
  }
  return { blocks, stages: averaged, features };
}

function apply(g: Graph, x: Value, { weight, bias }: ConvParameters, padding = 0): Value {
  return conv(g, x, g.weight(weight), g.weight(bias), { padding });
}

/**
 * The blocks of a stage: o = relu(conv(x)), then o + the sum of relu(conv(o)) at three dilations; no block sees another.
 */
function msBlocks(
  g: Graph,
  maps: readonly Value[],
  size: readonly [number, number],
  blocks: readonly BlockParameters[],
): Value {
  const first = concat(g, blocks.map((block, j) => firstConv(g, maps[j]!, size, block.conv)), 3);
  const o = transpose(g, first, [0, 3, 1, 2]);
  const dilated = DILATIONS.map((dilation, d) => {
    const weight = joined(g, blocks.map((block) => block.dilated[d]!.weight), [INNER * blocks.length, INNER, 3, 3]);
    const bias = joined(g, blocks.map((block) => block.dilated[d]!.bias), [INNER * blocks.length]);
    return relu(g, conv(g, o, weight, bias, { padding: dilation, dilation, groups: blocks.length }));
  });
  return g.node("Sum", [o, ...dilated], o.shape);
}

/**
 * relu(conv 3 x 3 (x)) as one matrix product for all nine taps and a sum of nine shifted results: the maps come with
 * their channels last, so that nothing is moved before the product, which has nine times 32 columns instead of 32.
 *
 * @param x [rows * cols, channels]
 * @returns [1, rows, cols, 32]
 */
function firstConv(
  g: Graph,
  x: Value,
  [rows, cols]: readonly [number, number],
  { weight, bias }: ConvParameters,
): Value {
  const channels = weight.shape[1]!;
  const taps = g.computed(() => tapsFirst(weight.read(), INNER, channels), [9 * INNER, channels], "taps");
  const all = reshape(g, linear(g, x, taps), [1, rows, cols, 9 * INNER]);
  const padded = g.node("Pad", [all, g.integers([0, 1, 1, 0, 0, 1, 1, 0])], [1, rows + 2, cols + 2, 9 * INNER]);
  const shifted = Array.from({ length: 9 }, (_, t) => {
    const from = [Math.floor(t / 3), t % 3, t * INNER], to = [from[0]! + rows, from[1]! + cols, (t + 1) * INNER];
    return g.node("Slice", [padded, g.integers(from), g.integers(to), g.integers([1, 2, 3])], [1, rows, cols, INNER]);
  });
  return relu(g, g.node("Sum", [...shifted, g.weight(bias)], [1, rows, cols, INNER]));
}

/** [out][in][9] -> [9][out][in] */
function tapsFirst(data: Float32Array, out: number, inner: number): Float32Array {
  const moved = new Float32Array(data.length);
  for (let o = 0, at = 0; o < out; o++) {
    for (let i = 0; i < inner; i++) for (let t = 0; t < 9; t++, at++) moved[(t * out + o) * inner + i] = data[at]!;
  }
  return moved;
}

/** Tensors one after the other along their first axis. */
function joined(g: Graph, tensors: readonly WeightTensor[], shape: readonly number[]): Value {
  if (tensors.length === 1) return g.weight(tensors[0]!);
  return g.computed(() => Float32Array.from(tensors.flatMap((tensor) => [...tensor.read()])), shape, "joined");
}

/** The sum over blocks of their 1 x 1 convolutions to 21 channels, as one convolution. */
function reduced(g: Graph, x: Value, blocks: readonly BlockParameters[]): Value {
  const from = INNER * blocks.length;
  const weight = g.computed(
    () => {
      const all = new Float32Array(FEATURES * from);
      blocks.forEach(({ down }, j) => {
        const data = down.weight.read();
        for (let o = 0; o < FEATURES; o++) all.set(data.subarray(o * INNER, (o + 1) * INNER), o * from + j * INNER);
      });
      return all;
    },
    [FEATURES, from, 1, 1],
    "down",
  );
  const bias = g.computed(
    () => {
      const all = new Float64Array(FEATURES);
      for (const { down } of blocks) down.bias.read().forEach((value, o) => all[o]! += value);
      return Float32Array.from(all);
    },
    [FEATURES],
    "down",
  );
  return conv(g, x, weight, bias);
}

/**
 * Adds to each cell the mean of its 3 x 3 neighbours, weighted by a soft-max of their cosine similarities to it. Outside
 * the map the border is repeated.
 */
function weightAverage(g: Graph, x: Value, parameters: AverageParameters): Value {
  const theta = l2Normalize(g, apply(g, x, parameters.theta), 1, 1e-8);
  const phi = neighbours(g, l2Normalize(g, apply(g, x, parameters.phi), 1, 1e-8));
  const weights = softmax(g, sumOver(g, multiply(g, phi, theta), 1), 0);
  const mixed = sumOver(g, multiply(g, neighbours(g, apply(g, x, parameters.g)), weights), 0);
  return add(g, x, apply(g, mixed, parameters.back));
}

/** [1, c, rows, cols] -> [9, c, rows, cols]: the nine neighbours of every cell, itself in the middle. */
function neighbours(g: Graph, x: Value): Value {
  const [, , rows, cols] = x.shape as [number, number, number, number];
  const padded = padSpatial(g, x, { top: 1, left: 1, bottom: 1, right: 1 }, "edge");
  const shifted = Array.from({ length: 9 }, (_, t) => {
    const row = Math.floor(t / 3), col = t % 3;
    return slice(g, slice(g, padded, 2, row, row + rows), 3, col, col + cols);
  });
  return concat(g, shifted, 0);
}

function sumOver(g: Graph, x: Value, axis: number): Value {
  const shape = x.shape.map((side, i) => i === axis ? 1 : side);
  return g.node("ReduceSum", [x, g.integers([axis])], shape, { attributes: { keepdims: 1 } });
}

/** A coarser stage's map for the next: doubled by a transposed convolution, or as it is where both are as large. */
function enlarged(g: Graph, coarse: Value, fine: Value, weight: WeightTensor): Value {
  if (coarse.shape[2] === fine.shape[2] && coarse.shape[3] === fine.shape[3]) return coarse;
  return g.scope(weight.name, () => convTranspose(g, coarse, g.weight(weight), undefined, { stride: 2, padding: 1 }));
}
