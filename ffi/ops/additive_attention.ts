import type { Engine } from "../engine.ts";
import {
  additiveAttention as define,
  type AdditiveAttentionWeights,
  type NormWeights,
  type Rotation,
} from "../reference/additive_attention.ts";
import { tokenMlp as defineMlp, type TokenMlpWeights } from "../reference/token_mlp.ts";
import type { Input, Tensor } from "../tensor.ts";

export type { AdditiveAttentionWeights, NormWeights, Rotation, TokenMlpWeights };

/** Numbers of the attention. */
export interface AdditiveAttentionOptions {
  readonly heads: number;
  /** Turns queries and keys by their token's angle; absent for none. */
  readonly rotation?: Rotation<Input>;
  /** Of the layer norm. Default 1e-5. */
  readonly eps?: number;
}

function need(name: string, { shape }: Input, ...sizes: number[]): void {
  if (shape.length === sizes.length && sizes.every((size, a) => size === shape[a])) return;
  throw new RangeError(`Cannot use ${name} [${shape}]: it needs the shape [${sizes}]`);
}

function tokensOf(x: Input): readonly [tokens: number, channels: number] {
  const [tokens, channels] = x.shape;
  if (x.shape.length !== 2 || tokens === undefined || channels === undefined || channels < 1) {
    throw new RangeError(`Cannot use tokens [${x.shape}]: the shape is [tokens, channels], with at least one channel`);
  }
  return [tokens, channels];
}

/** See {@linkcode Ops.additiveAttention}. */
export async function additiveAttention(
  engine: Engine,
  x: Input,
  weights: AdditiveAttentionWeights<Input>,
  { heads, rotation, eps = 1e-5 }: AdditiveAttentionOptions,
): Promise<Tensor> {
  const [tokens, channels] = tokensOf(x), { norm, qkv } = weights, width = qkv.shape[0]! / 3 / heads;
  if (!Number.isInteger(width) || width < 2 || width % 2 !== 0 || width > 64) {
    throw new RangeError(`Cannot attend with ${heads} heads over qkv [${qkv.shape}]: a head's width is even, 2 to 64`);
  }
  const inner = heads * width;
  need("norm.weight", norm.weight, channels);
  need("norm.bias", norm.bias, channels);
  need("qkv", qkv, 3 * inner, channels);
  need("queryLogit", weights.queryLogit, width);
  need("keyLogit", weights.keyLogit, width / 2);
  need("resultWeight", weights.resultWeight, width, width / 2);
  need("resultBias", weights.resultBias, width);
  need("outWeight", weights.outWeight, channels, inner);
  need("outBias", weights.outBias, channels);
  if (rotation !== undefined) {
    need("rotation.cosine", rotation.cosine, tokens, width);
    need("rotation.sine", rotation.sine, tokens, width);
  }
  const { queryLogit, keyLogit, resultWeight, resultBias, outWeight, outBias } = weights;
  const flat = [qkv, queryLogit, keyLogit, resultWeight, resultBias, outWeight, outBias] as const;
  const [out] = await engine.run({
    name: "sc_additive_attention",
    args: [x, norm.weight, norm.bias, eps, heads, ...flat, rotation?.cosine ?? null, rotation?.sine ?? null],
    outputs: [{ shape: [tokens, channels] }],
    work: tokens * inner * (4 * channels + 3 * width + 20),
    reference: (values, _ints, out) => {
      const [qkv, queryLogit, keyLogit, resultWeight, resultBias, outWeight, outBias] = flat.map(values);
      const given = {
        norm: { weight: values(norm.weight), bias: values(norm.bias) },
        qkv: qkv!,
        queryLogit: queryLogit!,
        keyLogit: keyLogit!,
        resultWeight: resultWeight!,
        resultBias: resultBias!,
        outWeight: outWeight!,
        outBias: outBias!,
      };
      const angles = rotation && { cosine: values(rotation.cosine), sine: values(rotation.sine) };
      define(values(x), channels, heads, given, angles ?? null, Math.fround(eps), out.float(0));
    },
  });
  return out!;
}

/** See {@linkcode Ops.tokenMlp}. */
export async function tokenMlp(engine: Engine, x: Input, weights: TokenMlpWeights<Input>, eps = 1e-5): Promise<Tensor> {
  const [tokens, channels] = tokensOf(x), { norm, weight1, bias1, weight2, bias2 } = weights;
  const hidden = weight1.shape[0] ?? 0;
  need("norm.weight", norm.weight, channels);
  need("norm.bias", norm.bias, channels);
  need("weight1", weight1, hidden, channels);
  need("bias1", bias1, hidden);
  need("weight2", weight2, channels, hidden);
  need("bias2", bias2, channels);
  const [out] = await engine.run({
    name: "sc_token_mlp",
    args: [x, norm.weight, norm.bias, eps, weight1, bias1, weight2, bias2],
    outputs: [{ shape: [tokens, channels] }],
    work: tokens * hidden * (2 * channels + 20),
    reference: (values, _ints, out) => {
      const given = {
        norm: { weight: values(norm.weight), bias: values(norm.bias) },
        weight1: values(weight1),
        bias1: values(bias1),
        weight2: values(weight2),
        bias2: values(bias2),
      };
      defineMlp(values(x), channels, given, Math.fround(eps), out.float(0));
    },
  });
  return out!;
}
