/**
 * The transformer layer of CATs++: tokens are the cells of one picture, each holding its similarities to the other one
 * and its picture's features; values and the network behind the attention are 4-D convolutions.
 *
 * The convolutions run natively, the attention between them as an ONNX Runtime graph per level and direction.
 *
 * @module
 */
import { type Affine, applyLinear, takeAffine } from "../../../core/graph/affine.ts";
import { Graph } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/graph/model.ts";
import { add, concat, matmul, multiply, reshape, slice, softmax, transpose } from "../../../core/graph/ops/mod.ts";
import type { OpenNetworks } from "../../../core/hyper/network.ts";
import {
  type Four,
  type Normalisation,
  type Ops,
  separable,
  type SeparableLayer,
  takeGroupNorm,
  takeSeparable,
  type Tensor,
} from "../../../core/hyper/separable.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import { reshapeOf, type WeightTensor } from "../../../core/weights/tensor.ts";

/** Channels of a volume, and as many heads: each head carries the values of one channel. */
export const CHANNELS = 4;

/** Channels of a head's queries and keys, and of a picture's features beside a token. */
export const HEAD = 128;

/** A layer's parameters. */
export interface TransformerLayer {
  /** Its place in the checkpoint. */
  readonly name: string;
  readonly norms: readonly [Normalisation, Normalisation];
  readonly tokens: { readonly conv: SeparableLayer; readonly norm: Normalisation };
  /** [8 HEAD][token + HEAD] and [8 HEAD]. */
  readonly linear: Affine;
  readonly values: { readonly conv: SeparableLayer; readonly norm: Normalisation };
  readonly mlp: readonly [SeparableLayer, SeparableLayer];
  /** [1][cells][1][HEAD] */
  readonly positions: WeightTensor;
}

/** What shapes a layer. */
export interface TransformerShape {
  readonly kernel: Four;
  /** Of the pair that is not the tokens'; it shortens queries and keys. */
  readonly stride: number;
  /** Cells per side of a token's picture. */
  readonly side: number;
}

/** Takes `<name>.*`. */
export function takeTransformer(
  set: WeightSet,
  name: string,
  { kernel, stride, side }: TransformerShape,
): TransformerLayer {
  const conv = (part: string, inputs: number, outputs: number, step = 1) =>
    takeSeparable(set, `${name}.${part}`, { inputs, outputs, kernel, stride: [step, step, 1, 1] });
  const norm = (part: string) => takeGroupNorm(set, `${name}.${part}`, CHANNELS);
  const token = CHANNELS * Math.ceil(side / stride) ** 2, out = 2 * CHANNELS * HEAD;
  return {
    name,
    norms: [norm("norm1"), norm("norm2")],
    tokens: { conv: conv("qk.conv.0", CHANNELS, CHANNELS, stride), norm: norm("qk.conv.1") },
    linear: takeAffine(set, `${name}.qk.linear`, [out, token + HEAD]),
    values: { conv: conv("v.0", CHANNELS, CHANNELS), norm: norm("v.1") },
    mlp: [conv("mlp.mlp.0", CHANNELS, 4 * CHANNELS), conv("mlp.mlp.2", 4 * CHANNELS, CHANNELS)],
    positions: set.take(`${name}.pos_embed`, [1, side * side, 1, HEAD]),
  };
}

/** Sizes of an attention. */
interface AttentionSizes {
  /** Cells of the tokens' picture. */
  readonly cells: number;
  /** Cells of the other one, and of it in what queries and keys are made of. */
  readonly others: number;
  readonly short: number;
  /** Tokens are the cells of the first pair instead of the last. */
  readonly swapped: boolean;
}

/** The sizes of a volume whose last pair, or first one where `swapped`, are the tokens. */
function volumeShape({ cells, swapped }: Pick<AttentionSizes, "cells" | "swapped">, others: number): number[] {
  return swapped ? [CHANNELS, cells, others] : [CHANNELS, others, cells];
}

/**
 * Attention of every cell to all cells. Inputs `similarities` [4, short, cells], `features` [cells, HEAD] and `values`
 * [4, others, cells], where `swapped` with cells before the others; output `mixed`, the shape of the values.
 */
function attentionModel(layer: TransformerLayer, sizes: AttentionSizes): Model {
  const g = new Graph("CATs++ attention"), { cells, others, short, swapped } = sizes;
  const similarities = g.input("similarities", volumeShape(sizes, short));
  const rows = transpose(g, similarities, swapped ? [1, 0, 2] : [2, 0, 1]);
  const tokens = concat(g, [reshape(g, rows, [cells, CHANNELS * short]), g.input("features", [cells, HEAD])], 1);
  const projected = reshape(g, applyLinear(g, tokens, layer.linear), [cells, 2, HEAD, CHANNELS]);
  // The official code splits a row as (channel, head): the head is the fastest index.
  const heads = transpose(g, projected, [1, 3, 0, 2]);
  const placed = add(g, heads, g.weight(reshapeOf(layer.positions, [cells, HEAD])));
  const part = (i: number) => reshape(g, slice(g, placed, 0, i, i + 1), [CHANNELS, cells, HEAD]);
  const queries = multiply(g, part(0), g.scalar(1 / Math.sqrt(HEAD)));
  const map = softmax(g, matmul(g, queries, transpose(g, part(1), [0, 2, 1])));
  const values = g.input("values", volumeShape(sizes, others));
  const mixed = swapped ? matmul(g, map, values) : matmul(g, values, transpose(g, map, [0, 2, 1]));
  return g.model({ mixed });
}

/**
 * Applies a layer.
 *
 * @param networks keeps the attentions open
 * @param x [1][4][first pair][last pair]; it stays the caller's
 * @param affinity features of the tokens' picture, [cells][HEAD]
 * @param swapped tokens are the cells of the first pair instead of the last: the layer on the swapped volume
 */
export async function transform(
  ops: Ops,
  networks: OpenNetworks,
  x: Tensor,
  layer: TransformerLayer,
  affinity: Float32Array,
  swapped = false,
): Promise<Tensor> {
  const [, , ...size] = x.shape as [number, number, ...number[]];
  const first = size[0]! * size[1]!, last = size[2]! * size[3]!;
  const cells = swapped ? first : last, others = swapped ? last : first;
  using normal = await ops.groupNorm(x, { norm: layer.norms[0] });
  using convolved = await separable(ops, normal, layer.tokens.conv, swapped);
  const similarities = await (await ops.groupNorm(convolved, { norm: layer.tokens.norm })).take();
  using plainValues = await separable(ops, normal, layer.values.conv, swapped);
  const values = await (await ops.groupNorm(plainValues, { norm: layer.values.norm })).take();
  const sizes = { cells, others, short: similarities.length / (CHANNELS * cells), swapped };
  const inputs = {
    similarities: { shape: volumeShape(sizes, sizes.short), data: similarities },
    // A run takes its inputs' memory away; features serve both directions and other pairs.
    features: { shape: [cells, HEAD], data: new Float32Array(affinity) },
    values: { shape: volumeShape(sizes, others), data: values },
  };
  const key = `${layer.name} ${x.shape} ${swapped}`;
  const { mixed } = await networks.run(key, () => attentionModel(layer, sizes), inputs);
  using attended = await ops.groupNorm({ data: mixed!.data, shape: x.shape }, { add: x });
  using prepared = await ops.groupNorm(attended, { norm: layer.norms[1] });
  using wide = await separable(ops, prepared, layer.mlp[0], swapped);
  using active = await ops.groupNorm(wide, { activation: "gelu" });
  using narrow = await separable(ops, active, layer.mlp[1], swapped);
  return await ops.groupNorm(narrow, { add: attended });
}
