/**
 * The transformer layer of CATs++: tokens are the cells of one picture, each holding its similarities to the other one
 * and its picture's features; values and the network behind the attention are 4-D convolutions.
 *
 * @module
 */
import {
  type Four,
  lazy,
  type Normalisation,
  type Ops,
  separable,
  type SeparableLayer,
  takeGroupNorm,
  takeSeparable,
  type Tensor,
} from "../../../core/hyper/separable.ts";
import type { WeightSet } from "../../../core/weights/set.ts";

/** Channels of a volume, and as many heads: each head carries the values of one channel. */
export const CHANNELS = 4;

/** Channels of a head's queries and keys, and of a picture's features beside a token. */
export const HEAD = 128;

type Stored = ReturnType<typeof lazy>;

/** A layer's parameters. */
export interface TransformerLayer {
  readonly norms: readonly [Normalisation, Normalisation];
  readonly tokens: { readonly conv: SeparableLayer; readonly norm: Normalisation };
  /** [8 HEAD][token + HEAD] and [8 HEAD]. */
  readonly linear: { readonly weight: Stored; readonly bias: Stored };
  readonly values: { readonly conv: SeparableLayer; readonly norm: Normalisation };
  readonly mlp: readonly [SeparableLayer, SeparableLayer];
  /** [1][cells][1][HEAD] */
  readonly positions: Stored;
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
    norms: [norm("norm1"), norm("norm2")],
    tokens: { conv: conv("qk.conv.0", CHANNELS, CHANNELS, stride), norm: norm("qk.conv.1") },
    linear: {
      weight: lazy(set.take(`${name}.qk.linear.weight`, [out, token + HEAD])),
      bias: lazy(set.take(`${name}.qk.linear.bias`, [out])),
    },
    values: { conv: conv("v.0", CHANNELS, CHANNELS), norm: norm("v.1") },
    mlp: [conv("mlp.mlp.0", CHANNELS, 4 * CHANNELS), conv("mlp.mlp.2", 4 * CHANNELS, CHANNELS)],
    positions: lazy(set.take(`${name}.pos_embed`, [1, side * side, 1, HEAD])),
  };
}

/**
 * Applies a layer.
 *
 * @param x [1][4][first pair][last pair]; it stays the caller's
 * @param affinity features of the tokens' picture, [cells][HEAD]
 * @param swapped tokens are the cells of the first pair instead of the last: the layer on the swapped volume
 */
export async function transform(
  ops: Ops,
  x: Tensor,
  layer: TransformerLayer,
  affinity: Float32Array,
  swapped = false,
): Promise<Tensor> {
  const [, , ...size] = x.shape as [number, number, ...number[]];
  const first = size[0]! * size[1]!, last = size[2]! * size[3]!;
  const cells = swapped ? first : last, others = swapped ? last : first;
  using normal = await ops.groupNorm(x, { norm: layer.norms[0] });
  const maps = await attentionMaps(ops, normal, layer, affinity, cells, swapped);
  using plainValues = await separable(ops, normal, layer.values.conv, swapped);
  const values = await (await ops.groupNorm(plainValues, { norm: layer.values.norm })).take();
  const mixed = new Float32Array(values.length);
  for (let c = 0; c < CHANNELS; c++) {
    const from = values.subarray(c * cells * others, (c + 1) * cells * others);
    using map = maps[c]!;
    // Values times map, by the product of rows with rows: one side is turned where tokens lead.
    const product = swapped
      ? await ops.correlate(map, { data: turned(from, cells, others), shape: [others, cells] })
      : await ops.correlate({ data: from, shape: [others, cells] }, map);
    mixed.set(await product.take(), c * cells * others);
  }
  using attended = await ops.groupNorm({ data: mixed, shape: x.shape }, { add: x });
  using prepared = await ops.groupNorm(attended, { norm: layer.norms[1] });
  using wide = await separable(ops, prepared, layer.mlp[0], swapped);
  using active = await ops.groupNorm(wide, { activation: "gelu" });
  using narrow = await separable(ops, active, layer.mlp[1], swapped);
  return await ops.groupNorm(narrow, { add: attended });
}

/** Soft-max weights of every cell over all cells, per head: [cells][cells]. */
async function attentionMaps(
  ops: Ops,
  normal: Tensor,
  layer: TransformerLayer,
  affinity: Float32Array,
  cells: number,
  swapped: boolean,
): Promise<Tensor[]> {
  using convolved = await separable(ops, normal, layer.tokens.conv, swapped);
  const short = await (await ops.groupNorm(convolved, { norm: layer.tokens.norm })).take();
  const tokens = tokensOf(short, affinity, cells, swapped), width = tokens.length / cells;
  const projected = await (await ops.correlate({ data: tokens, shape: [cells, width] }, layer.linear.weight)).take();
  const bias = layer.linear.bias.data, positions = layer.positions.data, out = bias.length;
  const maps: Tensor[] = [];
  for (let head = 0; head < CHANNELS; head++) {
    // The official code splits a row as (channel, head): the head is the fastest index.
    const part = (start: number, scale: number) => {
      const to = new Float32Array(cells * HEAD);
      for (let s = 0; s < cells; s++) {
        for (let c = 0; c < HEAD; c++) {
          const e = start + c * CHANNELS + head;
          to[s * HEAD + c] = (projected[s * out + e]! + bias[e]! + positions[s * HEAD + c]!) * scale;
        }
      }
      return { data: to, shape: [cells, HEAD] };
    };
    const logits = await (await ops.correlate(part(0, 1 / Math.sqrt(HEAD)), part(out / 2, 1))).take();
    maps.push(await ops.tensor(softmaxRows(logits, cells), [cells, cells]));
  }
  return maps;
}

/** Each cell's similarities, channels outermost, and its features. @returns [cells][4 others + HEAD] */
function tokensOf(short: Float32Array, affinity: Float32Array, cells: number, swapped: boolean): Float32Array {
  const others = short.length / (CHANNELS * cells), width = CHANNELS * others + HEAD;
  const out = new Float32Array(cells * width);
  for (let c = 0; c < CHANNELS; c++) {
    for (let t = 0; t < others; t++) {
      for (let s = 0; s < cells; s++) {
        const from = c * cells * others + (swapped ? s * others + t : t * cells + s);
        out[s * width + c * others + t] = short[from]!;
      }
    }
  }
  for (let s = 0; s < cells; s++) out.set(affinity.subarray(s * HEAD, (s + 1) * HEAD), (s + 1) * width - HEAD);
  return out;
}

/** Soft-max of each row, in place. */
function softmaxRows(data: Float32Array, cols: number): Float32Array {
  for (let start = 0; start < data.length; start += cols) {
    let most = -Infinity, sum = 0;
    for (let i = start; i < start + cols; i++) if (data[i]! > most) most = data[i]!;
    for (let i = start; i < start + cols; i++) sum += data[i] = Math.exp(data[i]! - most);
    const by = 1 / sum;
    for (let i = start; i < start + cols; i++) data[i]! *= by;
  }
  return data;
}

/** [n][m] -> [m][n], in tiles so that both sides stay in the cache. */
export function turned(data: Float32Array, n: number, m: number): Float32Array {
  const out = new Float32Array(data.length), tile = 32;
  for (let i0 = 0; i0 < n; i0 += tile) {
    for (let j0 = 0; j0 < m; j0 += tile) {
      for (let i = i0; i < Math.min(n, i0 + tile); i++) {
        for (let j = j0; j < Math.min(m, j0 + tile); j++) out[j * n + i] = data[i * m + j]!;
      }
    }
  }
  return out;
}
