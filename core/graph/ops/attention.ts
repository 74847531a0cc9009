/**
 * Attention.
 *
 * @module
 */
import type { Graph, Value } from "../graph.ts";
import { add, multiply, softmax } from "./elementwise.ts";
import { matmul } from "./linear.ts";
import { concat, reshape, slice, transpose } from "./shape.ts";

/** Options of {@linkcode attention}. */
export interface AttentionOptions {
  readonly heads: number;
  /** Factor of the scores. Default 1 / sqrt(channels per head). */
  readonly scale?: number;
  /** Added to the scores before the soft-max, broadcast to [n, heads, queries, keys]: relative bias, masks (-Infinity). */
  readonly bias?: Value;
}

/**
 * Multi-head scaled dot-product attention (Vaswani et al., 2017): softmax(q k^T * scale + bias) v per head.
 *
 * @param q [n, queries, channels]; heads are consecutive blocks of channels
 * @param k [n, keys, channels]
 * @param v [n, keys, value channels]
 * @returns [n, queries, value channels]
 */
export function attention(g: Graph, q: Value, k: Value, v: Value, options: AttentionOptions): Value {
  const { heads, bias } = options;
  const [n, queries, channels] = q.shape;
  const keys = k.shape[1];
  if (q.shape.length !== 3 || k.shape.length !== 3 || v.shape.length !== 3 || k.shape[0] !== n || v.shape[0] !== n) {
    throw g.refuse(
      "attention",
      `expects q, k, v of [n, tokens, channels] and got [${q.shape}], [${k.shape}], [${v.shape}]`,
    );
  }
  if (k.shape[2] !== channels || v.shape[1] !== keys) {
    throw g.refuse("attention", `cannot match q [${q.shape}] with k [${k.shape}] and v [${v.shape}]`);
  }
  if (channels! % heads !== 0 || v.shape[2]! % heads !== 0) {
    throw g.refuse("attention", `cannot split ${channels} channels into ${heads} heads`);
  }
  const scale = options.scale ?? 1 / Math.sqrt(channels! / heads);
  if (bias === undefined) {
    // ONNX Runtime's own kernel works in tiles: it never holds the [queries, keys] scores of a whole head.
    return g.node("MultiHeadAttention", [q, k, v], [n!, queries!, v.shape[2]!], {
      domain: "com.microsoft",
      attributes: { num_heads: heads, scale: { float: scale } },
    });
  }
  const scores = multiply(g, matmul(g, splitHeads(g, q, heads), splitHeads(g, k, heads, true)), g.scalar(scale));
  const mixed = matmul(g, softmax(g, add(g, scores, bias)), splitHeads(g, v, heads));
  return reshape(g, transpose(g, mixed, [0, 2, 1, 3]), [n!, queries!, v.shape[2]!]);
}

/** [n, tokens, heads * d] -> [n, heads, tokens, d], or [n, heads, d, tokens] where `swapped`. */
export function splitHeads(g: Graph, x: Value, heads: number, swapped = false): Value {
  const [n, tokens, channels] = x.shape;
  const parts = reshape(g, x, [n!, tokens!, heads, channels! / heads]);
  return transpose(g, parts, swapped ? [0, 2, 3, 1] : [0, 2, 1, 3]);
}

/**
 * Rotary position embedding (Su et al., 2021) in the "rotate half" form: per head, x * cos + rotate(x) * sin, where
 * rotate([a, b]) = [-b, a] of the two halves of a head's channels.
 *
 * @param x [n, tokens, heads * d]
 * @param cos [positions, d] for the LAST `positions` tokens; tokens before them (class, registers) stay as they are
 * @param sin [positions, d]
 */
export function rotary(g: Graph, x: Value, cos: Value, sin: Value, heads: number): Value {
  const [n, tokens, channels] = x.shape;
  const [positions, d] = cos.shape;
  if (x.shape.length !== 3 || d! * heads !== channels || d! % 2 !== 0 || positions! > tokens!) {
    throw g.refuse("rotary embedding", `of [${cos.shape}] in ${heads} heads does not fit tokens [${x.shape}]`);
  }
  const prefix = tokens! - positions!;
  const part = reshape(g, slice(g, x, 1, prefix, tokens!), [n!, positions!, heads, d!]);
  const half = d! / 2;
  const turned = concat(g, [
    g.node("Neg", [slice(g, part, 3, half, d!)], [n!, positions!, heads, half]),
    slice(g, part, 3, 0, half),
  ], 3);
  const spread = (table: Value) => reshape(g, table, [1, positions!, 1, d!]);
  const moved = add(g, multiply(g, part, spread(cos)), multiply(g, turned, spread(sin)));
  const flat = reshape(g, moved, [n!, positions!, channels!]);
  return prefix === 0 ? flat : concat(g, [slice(g, x, 1, 0, prefix), flat], 1);
}
