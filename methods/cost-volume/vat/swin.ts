/**
 * Swin Transformer blocks over grids of any number of axes (Liu et al., 2021), by timm's names.
 *
 * Tokens stay in the order of their windows from block to block; only the change of windows moves them.
 *
 * @module
 */
import { type Affine, applyLinear, applyNorm, takeAffine } from "../../../core/graph/affine.ts";
import type { Graph, Value } from "../../../core/graph/graph.ts";
import { add, concat, gather, gelu, reshape, slice } from "../../../core/graph/ops/mod.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import { rowsOf, type WeightTensor } from "../../../core/weights/tensor.ts";
import { fittedWindows, reorder, windowBias, windowOrder, type WindowRun, type Windows } from "./windows.ts";

/** `blocks.{k}`. */
export interface SwinBlock {
  readonly norm1: Affine;
  readonly table: WeightTensor;
  readonly qkv: Affine;
  readonly proj: Affine;
  readonly norm2: Affine;
  readonly fc1: Affine;
  readonly fc2: Affine;
}

/** Blocks on one grid; every second one is shifted. */
export interface SwinForm {
  readonly sizes: readonly number[];
  readonly window: number;
  readonly heads: number;
  readonly channels: number;
}

/** Takes `<name>.{k}.*` of a stack of blocks. */
export function takeSwinBlocks(set: WeightSet, name: string, depth: number, form: SwinForm): SwinBlock[] {
  const { channels: c, heads, sizes } = form;
  return Array.from({ length: depth }, (_, k) => {
    const { window } = fittedWindows(sizes, form.window, k % 2 === 1);
    const take = (part: string, ...shape: number[]) => takeAffine(set, `${name}.${k}.${part}`, shape);
    return {
      norm1: take("norm1", c),
      table: set.take(`${name}.${k}.attn.relative_position_bias_table`, [(2 * window - 1) ** sizes.length, heads]),
      qkv: take("attn.qkv", 3 * c, c),
      proj: take("attn.proj", c, c),
      norm2: take("norm2", c),
      fc1: take("mlp.fc1", 4 * c, c),
      fc2: take("mlp.fc2", c, 4 * c),
    };
  });
}

/** Buffers that timm's classes store beside the parameters; they follow from the sizes. */
export const SWIN_BUFFERS = ["*.relative_position_index", "*.attn_mask"] as const;

/**
 * The blocks, one after the other.
 *
 * @param x [cells, channels] in row-major order of the grid
 * @returns after each block, in the same order; only what is used becomes part of the network
 */
export function swinBlocks(g: Graph, x: Value, blocks: readonly SwinBlock[], form: SwinForm): Value[] {
  const natural = Int32Array.from({ length: x.shape[0]! }, (_, i) => i);
  const outputs: Value[] = [];
  let order: Int32Array = natural;
  for (const [k, block] of blocks.entries()) {
    const windows = fittedWindows(form.sizes, form.window, k % 2 === 1);
    const { cells, length, runs } = windowOrder(windows);
    x = g.scope(`block${k}`, () => {
      const own = reordered(g, x, order, cells);
      const mixed = windowAttention(g, normed(g, own, block.norm1), block, {
        windows,
        length,
        runs,
        heads: form.heads,
      });
      const y = add(g, own, mixed);
      const hidden = gelu(g, applyLinear(g, normed(g, y, block.norm2), block.fc1));
      return add(g, y, applyLinear(g, hidden, block.fc2));
    });
    order = cells;
    outputs.push(reordered(g, x, order, natural));
  }
  return outputs;
}

/** Layer norm, eps 1e-5. */
export function normed(g: Graph, x: Value, norm: Affine): Value {
  return applyNorm(g, x, norm, 1e-5);
}

function reordered(g: Graph, x: Value, from: Int32Array, to: Int32Array): Value {
  const places = reorder(from, to);
  return places.every((place, i) => place === i) ? x : gather(g, x, 0, places);
}

interface AttentionForm {
  readonly windows: Windows;
  readonly length: number;
  readonly runs: readonly WindowRun[];
  readonly heads: number;
}

/** Attention inside each window; windows of a run share their bias. */
function windowAttention(g: Graph, x: Value, block: SwinBlock, { windows, length, runs, heads }: AttentionForm): Value {
  const channels = x.shape[1]!;
  const part = (i: number) => {
    const rows = (tensor: WeightTensor) => rowsOf(tensor, i * channels, (i + 1) * channels);
    return reshape(
      g,
      applyLinear(g, x, { weight: rows(block.qkv.weight), bias: rows(block.qkv.bias) }),
      [-1, length, channels].map((side) => side < 0 ? x.shape[0]! / length : side),
    );
  };
  const [q, k, v] = [part(0), part(1), part(2)];
  let first = 0;
  const mixed = runs.map(({ count, wrapped }) => {
    const of = (value: Value) => slice(g, value, 0, first, first + count);
    const bias = g.computed(
      () => windowBias(block.table.read(), heads, windows, wrapped),
      [1, heads, length, length],
      "bias",
    );
    const out = g.node("MultiHeadAttention", [of(q), of(k), of(v), undefined, undefined, bias], [
      count,
      length,
      channels,
    ], {
      domain: "com.microsoft",
      attributes: { num_heads: heads, scale: { float: 1 / Math.sqrt(channels / heads) } },
    });
    first += count;
    return out;
  });
  const joined = mixed.length === 1 ? mixed[0]! : concat(g, mixed, 0);
  return applyLinear(g, reshape(g, joined, x.shape), block.proj);
}
