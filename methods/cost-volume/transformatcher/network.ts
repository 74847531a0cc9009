/**
 * TransforMatcher's network: every pair of cells is a token, its features the correlations of all levels; layers of
 * additive attention relate all tokens to all (Kim et al., CVPR 2022).
 *
 * @module
 */
import type { Ops } from "../../../core/consensus/volume.ts";
import type { WeightSet } from "../../../core/weights/set.ts";

/** Channels of a token, heads, and their width. */
const CHANNELS = 16, HEADS = 8, WIDTH = 4, INNER = HEADS * WIDTH, HIDDEN = 64;

/** Bottlenecks of the third and fourth stage of a ResNet-101. */
export const LEVELS = 26;

/** Layers of the published network. */
export const LAYERS = 6;

/** Side of the grid all levels are resized to; the checkpoint's unused position table has this side. */
export const SIDE = 15;

interface Weight {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** One layer of attention and its network of tokens. */
export interface Layer {
  readonly attention: Parameters<Ops["additiveAttention"]>[1];
  readonly mlp: Parameters<Ops["tokenMlp"]>[1];
  /** [2]: radians per token of the two halves of a head. */
  readonly frequencies: Float32Array;
}

/** The whole network. */
export interface Network {
  /** [16][levels] and [16] */
  readonly embed: { readonly weight: Weight; readonly bias: Float32Array };
  readonly layers: readonly Layer[];
  /** [1][16] and its bias */
  readonly out: { readonly weight: Weight; readonly bias: number };
}

/** What a case or file has: the layers it names, `fallback` where it holds no tensors of its own. */
function layersOf(set: WeightSet, fallback: number): number {
  if (set.tensors.size === 0) return fallback;
  let layers = 0;
  while (set.has(`match2match.trans_nc.${layers}.0.norm.weight`)) layers++;
  return Math.max(layers, 1);
}

/**
 * Takes every tensor of the network by the official names; read when the network is first asked for.
 *
 * @param fixed frequencies that the set does not hold; a checkpoint repeats its own for every layer
 */
export function takeNetwork(set: WeightSet, levels = LEVELS, fixed?: Float32Array): () => Network {
  const take = (name: string, ...shape: number[]) => {
    const tensor = set.take(`match2match.${name}`, shape);
    return (): Weight => ({ data: tensor.read(), shape });
  };
  const norm = (name: string) => {
    const weight = take(`${name}.weight`, CHANNELS), bias = take(`${name}.bias`, CHANNELS);
    return () => ({ weight: weight(), bias: bias() });
  };
  const embed = {
    weight: take("to_embedding.1.weight", CHANNELS, levels),
    bias: take("to_embedding.1.bias", CHANNELS),
  };
  const layers = Array.from({ length: layersOf(set, LAYERS) }, (_, i) => {
    const [a, b] = [`trans_nc.${i}.0`, `trans_nc.${i}.1`];
    const first = norm(`${a}.norm`);
    const qkv = take(`${a}.fn.to_qkv.weight`, 3 * INNER, CHANNELS);
    const queryLogit = take(`${a}.fn.to_q_attn_logits.weight`, 1, WIDTH);
    const keyLogit = take(`${a}.fn.to_k_attn_logits.weight`, 1, WIDTH / 2);
    const resultWeight = take(`${a}.fn.to_r.weight`, WIDTH, WIDTH / 2), resultBias = take(`${a}.fn.to_r.bias`, WIDTH);
    const outWeight = take(`${a}.fn.to_out.weight`, CHANNELS, INNER), outBias = take(`${a}.fn.to_out.bias`, CHANNELS);
    const frequencies = fixed === undefined ? take(`${a}.fn.pos_emb.freqs`, WIDTH / 2) : undefined;
    const second = norm(`${b}.norm`);
    const weight1 = take(`${b}.fn.0.weight`, HIDDEN, CHANNELS), bias1 = take(`${b}.fn.0.bias`, HIDDEN);
    const weight2 = take(`${b}.fn.2.weight`, CHANNELS, HIDDEN), bias2 = take(`${b}.fn.2.bias`, CHANNELS);
    return (): Layer => ({
      attention: {
        norm: first(),
        qkv: qkv(),
        // Stored as layers of one output.
        queryLogit: { data: queryLogit().data, shape: [WIDTH] },
        keyLogit: { data: keyLogit().data, shape: [WIDTH / 2] },
        resultWeight: resultWeight(),
        resultBias: resultBias(),
        outWeight: outWeight(),
        outBias: outBias(),
      },
      mlp: { norm: second(), weight1: weight1(), bias1: bias1(), weight2: weight2(), bias2: bias2() },
      frequencies: fixed ?? frequencies!().data,
    });
  });
  const out = { weight: take("to_original.0.weight", 1, CHANNELS), bias: take("to_original.0.bias", 1) };
  return () => ({
    embed: { weight: embed.weight(), bias: embed.bias().data },
    layers: layers.map((layer) => layer()),
    out: { weight: out.weight(), bias: out.bias().data[0]! },
  });
}

/** Frequencies that the network starts from, and keeps: pi and 5 pi. */
export const FREQUENCIES: Float32Array = Float32Array.of(Math.PI, 5 * Math.PI);

/** Cosines and sines of each token's angles, [tokens][4] each. */
export interface Angles {
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
}

/**
 * Rotations of the tokens. The official code counts tokens in one line, whatever four positions they stand for, so that
 * every angle is a multiple of pi: cosines are 1 or -1, and sines are what rounding the angle to float32 leaves, which
 * grows to some hundredths. Both are reproduced: the product is rounded, its cosine and sine are not.
 */
export function angles(tokens: number, frequencies: Float32Array): Angles {
  const cosine = new Float32Array(tokens * WIDTH), sine = new Float32Array(tokens * WIDTH);
  for (let n = 0; n < tokens; n++) {
    for (let d = 0; d < WIDTH; d++) {
      const angle = Math.fround(n * frequencies[d >> 1]!);
      cosine[n * WIDTH + d] = Math.cos(angle);
      sine[n * WIDTH + d] = Math.sin(angle);
    }
  }
  return { cosine, sine };
}

/** Adds a bias to every token, in place. */
function addBias(x: Float32Array, bias: Float32Array): Float32Array {
  for (let n = 0; n < x.length; n += bias.length) for (let c = 0; c < bias.length; c++) x[n + c]! += bias[c]!;
  return x;
}

/** Tokens of all levels' correlations. @param levels [tokens][levels], none negative @returns [tokens][16] */
export async function embedded(ops: Ops, levels: Float32Array, { embed }: Network): Promise<Float32Array> {
  const shape = [levels.length / embed.weight.shape[1]!, embed.weight.shape[1]!];
  return addBias(await (await ops.correlate({ data: levels, shape }, embed.weight)).take(), embed.bias);
}

/**
 * All layers on the tokens, which stay on the device.
 *
 * @param seen told of every intermediate: after each attention, and after each layer
 * @returns [tokens][16]
 */
export async function attended(
  ops: Ops,
  tokens: Float32Array,
  { layers }: Network,
  turns: Angles,
  seen: (name: string, values: () => Promise<Float32Array>) => Promise<void> = () => Promise.resolve(),
): Promise<Float32Array> {
  const count = tokens.length / CHANNELS;
  using cosine = await ops.tensor(turns.cosine, [count, WIDTH]);
  using sine = await ops.tensor(turns.sine, [count, WIDTH]);
  let x = await ops.tensor(tokens, [count, CHANNELS]);
  try {
    for (const [i, { attention, mlp }] of layers.entries()) {
      using between = await ops.additiveAttention(x, attention, { heads: HEADS, rotation: { cosine, sine } });
      await seen(`layer${i}_after_attention`, () => between.read());
      const next = await ops.tokenMlp(between, mlp);
      x.dispose();
      x = next;
      await seen(`layer${i}_out`, () => next.read());
    }
    return await x.read();
  } finally {
    x.dispose();
  }
}

/** One value per token again. @returns [tokens] */
export async function refined(ops: Ops, tokens: Float32Array, { out }: Network): Promise<Float32Array> {
  const shape = [tokens.length / CHANNELS, CHANNELS];
  const values = await (await ops.correlate({ data: tokens, shape }, out.weight)).take();
  return addBias(values, Float32Array.of(out.bias));
}
