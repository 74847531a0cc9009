/**
 * The transformer of CATs (Cho et al., NeurIPS 2021), which NeMF uses too, as a part of a graph: correlations of all
 * levels are rows of tokens; attention within a level and across levels refines them, once from each picture's side.
 *
 * @module
 */
import { type Affine, applyLinear, applyNorm, takeAffine } from "../graph/affine.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { add, attention, concat, divide, gelu, multiply, reshape, transpose } from "../graph/ops/mod.ts";
import type { WeightSet } from "../weights/set.ts";
import { rowsOf, type WeightTensor } from "../weights/tensor.ts";

/** The official layer norms' epsilon (timm's). */
const EPS = 1e-6;

/** What shapes an aggregator. */
export interface AggregatorShape {
  /** Cells per side of both pictures. */
  readonly side: number;
  /** Channels of a level's projected features. */
  readonly projection: number;
  readonly levels: number;
  readonly depth: number;
  readonly heads: number;
}

interface Block {
  readonly within: { readonly qkv: Affine; readonly proj: Affine };
  readonly across: { readonly qkv: Affine; readonly proj: Affine };
  /** norm1 to norm4. */
  readonly norms: readonly Affine[];
  readonly mlp: readonly [Affine, Affine];
  readonly mlp2: readonly [Affine, Affine];
}

/** An aggregator's parameters. */
export interface Aggregator {
  readonly shape: AggregatorShape;
  /** [1, levels, 1, side, width / 2] */
  readonly positionX: WeightTensor;
  /** [1, levels, side, 1, width / 2] */
  readonly positionY: WeightTensor;
  readonly blocks: readonly Block[];
  readonly proj: Affine;
}

/** Takes `<prefix>.*`. `norm` is there and never used: it is taken so that a checkpoint is matched whole. */
export function takeAggregator(set: WeightSet, prefix: string, shape: AggregatorShape): Aggregator {
  const { side, projection, levels, depth } = shape, cells = side * side, width = cells + projection;
  const affine = (name: string, sizes: readonly number[]) => takeAffine(set, `${prefix}.${name}`, sizes);
  affine("norm", [width]);
  return {
    shape,
    positionX: set.take(`${prefix}.pos_embed_x`, [1, levels, 1, side, width / 2]),
    positionY: set.take(`${prefix}.pos_embed_y`, [1, levels, side, 1, width / 2]),
    blocks: Array.from({ length: depth }, (_, i) => {
      const heads = (name: string) => ({
        qkv: affine(`blocks.${i}.${name}.qkv`, [3 * width, width]),
        proj: affine(`blocks.${i}.${name}.proj`, [width, width]),
      });
      const mlp = (name: string) =>
        [
          affine(`blocks.${i}.${name}.fc1`, [4 * width, width]),
          affine(`blocks.${i}.${name}.fc2`, [width, 4 * width]),
        ] as const;
      return {
        within: heads("attn"),
        across: heads("attn_multiscale"),
        norms: [1, 2, 3, 4].map((n) => affine(`blocks.${i}.norm${n}`, [width])),
        mlp: mlp("mlp"),
        mlp2: mlp("mlp2"),
      };
    }),
    proj: affine("proj", [cells, width]),
  };
}

/** Attention among the middle axis of [n, tokens, width]. */
function attend(g: Graph, x: Value, { qkv, proj }: Block["within"], heads: number): Value {
  const width = x.shape[2]!;
  // Three products: cutting one's result in three would copy it, on one thread.
  const part = (i: number) => {
    const rows = (tensor: WeightTensor) => rowsOf(tensor, i * width, (i + 1) * width);
    return applyLinear(g, x, { weight: rows(qkv.weight), bias: rows(qkv.bias) });
  };
  return applyLinear(g, attention(g, part(0), part(1), part(2), { heads }), proj);
}

function perceive(g: Graph, x: Value, [first, second]: Block["mlp"]): Value {
  return applyLinear(g, gelu(g, applyLinear(g, x, first)), second);
}

/**
 * One block on [channels, tokens, width], the channels being levels (or, in NeMF, sixteen per level): attention within a
 * channel, then across channels at each token. A single channel has nothing across it.
 */
function applyBlock(g: Graph, x: Value, block: Block, heads: number): Value {
  const { within, across, norms, mlp, mlp2 } = block;
  let y = add(g, x, attend(g, applyNorm(g, x, norms[0]!, EPS), within, heads));
  if (x.shape[0]! > 1) {
    y = add(g, y, perceive(g, applyNorm(g, y, norms[3]!, EPS), mlp2));
    const turned = transpose(g, y, [1, 0, 2]);
    const mixed = add(g, turned, attend(g, applyNorm(g, turned, norms[2]!, EPS), across, heads));
    y = transpose(g, mixed, [1, 0, 2]);
  }
  return add(g, y, perceive(g, applyNorm(g, y, norms[1]!, EPS), mlp));
}

/** What an aggregator reads; features are [channels, cells, projection], as many channels as the correlation has. */
export interface AggregatorInputs {
  /** [channels, source cells, target cells] */
  readonly correlation: Value;
  readonly source: Value;
  readonly target: Value;
}

/** A refined correlation, with what the recordings look at. */
export interface Aggregated {
  /** [channels, source cells, target cells] */
  readonly refined: Value;
  /** After each block of the first pass: [channels, cells, width]. */
  readonly firstBlocks: readonly Value[];
  /** After the first pass: [channels, source cells, target cells]. */
  readonly firstPass: Value;
}

/**
 * Both passes: tokens are rows of the transposed correlation with the target's features, then rows of the result with the
 * source's; each pass adds to the correlation that came in. Blocks and projection are shared.
 *
 * @param repeat channels per level
 */
export function aggregate(
  g: Graph,
  { correlation, source, target }: AggregatorInputs,
  parts: Aggregator,
  repeat = 1,
): Aggregated {
  const { side, levels, heads, projection } = parts.shape, cells = side * side, half = (cells + projection) / 2;
  const spread = (x: Value) => {
    const shape = [1, levels, side, side, half];
    return g.node("Expand", [x, g.integers(shape)], shape);
  };
  const places = concat(g, [spread(g.weight(parts.positionX)), spread(g.weight(parts.positionY))], 4);
  const flat = reshape(g, places, [levels, 1, cells, 2 * half]);
  const all = [levels, repeat, cells, 2 * half];
  const positions = reshape(g, repeat === 1 ? flat : g.node("Expand", [flat, g.integers(all)], all), [
    levels * repeat,
    cells,
    2 * half,
  ]);
  const firstBlocks: Value[] = [];
  const pass = (rows: Value, features: Value, seen?: Value[]) => {
    let x = add(g, concat(g, [rows, features], 2), positions);
    for (const block of parts.blocks) {
      x = applyBlock(g, x, block, heads);
      seen?.push(x);
    }
    return applyLinear(g, x, parts.proj);
  };
  const turned = (x: Value) => transpose(g, x, [0, 2, 1]);
  const firstPass = add(g, turned(pass(turned(correlation), target, firstBlocks)), correlation);
  const refined = add(g, pass(firstPass, source), correlation);
  return { refined, firstBlocks, firstPass };
}

/** Mutual filter of CATs: c (c / row's largest) (c / column's largest); a largest of exactly 0 is replaced by 1e-30. */
export function mutualFilter(g: Graph, correlation: Value): Value {
  const largest = (axis: number) => {
    const shape = correlation.shape.map((side, i) => i === axis ? 1 : side);
    const most = g.node("ReduceMax", [correlation, g.integers([axis])], shape, { attributes: { keepdims: 1 } });
    const zero = g.node("Equal", [most, g.scalar(0)], shape, { dtype: "bool" });
    return g.node("Where", [zero, g.scalar(1e-30), most], shape);
  };
  return multiply(
    g,
    correlation,
    multiply(g, divide(g, correlation, largest(2)), divide(g, correlation, largest(1))),
  );
}
