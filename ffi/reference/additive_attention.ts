/** Layer normalisation of a token. */
export interface NormWeights<T = Float32Array> {
  /** [channels] */
  readonly weight: T;
  /** [channels] */
  readonly bias: T;
}

/** The weights of additive attention; `inner` is heads x width. */
export interface AdditiveAttentionWeights<T = Float32Array> {
  readonly norm: NormWeights<T>;
  /** [3 inner][channels]: queries, keys, values; channel `head * width + d` within each. */
  readonly qkv: T;
  /** [width] */
  readonly queryLogit: T;
  /** [width / 2] */
  readonly keyLogit: T;
  /** [width][width / 2] */
  readonly resultWeight: T;
  /** [width] */
  readonly resultBias: T;
  /** [channels][inner] */
  readonly outWeight: T;
  /** [channels] */
  readonly outBias: T;
}

/** What the rotation of token n is: [tokens][width] each. */
export interface Rotation<T = Float32Array> {
  readonly cosine: T;
  readonly sine: T;
}

/** Mean 0 and variance 1 over the channels of each token. @returns [tokens][channels] */
export function layerNorm(
  x: ArrayLike<number>,
  channels: number,
  { weight, bias }: NormWeights,
  eps: number,
): Float64Array {
  const out = new Float64Array(x.length);
  for (let n = 0; n < x.length; n += channels) {
    let mean = 0, spread = 0;
    for (let c = 0; c < channels; c++) mean += x[n + c]! / channels;
    for (let c = 0; c < channels; c++) spread += (x[n + c]! - mean) ** 2 / channels;
    for (let c = 0; c < channels; c++) {
      out[n + c] = (x[n + c]! - mean) / Math.sqrt(spread + eps) * weight[c]! + bias[c]!;
    }
  }
  return out;
}

/** W x + b of each token. @param weights [outputs][inputs] @returns [tokens][outputs] */
export function linear(
  x: ArrayLike<number>,
  inputs: number,
  weights: Float32Array,
  bias: Float32Array | null,
): Float64Array {
  const outputs = weights.length / inputs, tokens = x.length / inputs, out = new Float64Array(tokens * outputs);
  for (let n = 0; n < tokens; n++) {
    for (let o = 0; o < outputs; o++) {
      let sum = bias?.[o] ?? 0;
      for (let c = 0; c < inputs; c++) sum += weights[o * inputs + c]! * x[n * inputs + c]!;
      out[n * outputs + o] = sum;
    }
  }
  return out;
}

/** Sum of values weighted by the soft-max of their logits. @param values of token n, component d */
function pooled(logits: Float64Array, width: number, value: (n: number, d: number) => number): Float64Array {
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity), out = new Float64Array(width);
  const weights = logits.map((logit) => Math.exp(logit - top)), sum = weights.reduce((a, b) => a + b, 0);
  for (let n = 0; n < logits.length; n++) {
    for (let d = 0; d < width; d++) out[d]! += weights[n]! / sum * value(n, d);
  }
  return out;
}

/**
 * Additive ("Fastformer") attention between all tokens, with its layer norm and residual: x + out(attend(norm(x))), in
 * the form of Kim et al., "TransforMatcher" (2022). Per head of `width` d:
 *
 * - g = sum over tokens of softmax(logit(q) / sqrt(d)) * rotate(q), one query for all
 * - the channels of k * g summed in pairs give logits; h = sum of softmax(logits / sqrt(d)) * rotate(k)
 * - the channels of v * h summed in pairs, through a linear layer, plus q
 *
 * @param x [tokens][channels]
 * @param rotation null leaves queries and keys as they are
 * @param out [tokens][channels]
 */
export function additiveAttention(
  x: Float32Array,
  channels: number,
  heads: number,
  weights: AdditiveAttentionWeights,
  rotation: Rotation | null,
  eps: number,
  out: Float32Array,
): void {
  const tokens = x.length / channels, inner = weights.qkv.length / channels / 3, width = inner / heads;
  const qkv = linear(layerNorm(x, channels, weights.norm, eps), channels, weights.qkv, null);
  const result = new Float64Array(tokens * inner);
  for (let head = 0; head < heads; head++) {
    const at = (part: number) => (n: number, d: number) => qkv[n * 3 * inner + part * inner + head * width + d]!;
    const query = at(0), key = at(1), value = at(2);
    const rotated = (t: typeof query) => (n: number, d: number) => {
      if (rotation === null) return t(n, d);
      const other = d % 2 === 0 ? -t(n, d + 1) : t(n, d - 1);
      return t(n, d) * rotation.cosine[n * width + d]! + other * rotation.sine[n * width + d]!;
    };
    const pair = (t: typeof query, by: Float64Array, n: number, e: number) =>
      t(n, 2 * e) * by[2 * e]! + t(n, 2 * e + 1) * by[2 * e + 1]!;
    const logits = (each: (n: number) => number) => Float64Array.from({ length: tokens }, (_, n) => each(n));
    const scale = 1 / Math.sqrt(width);
    const queryLogits = logits((n) => {
      let sum = 0;
      for (let d = 0; d < width; d++) sum += weights.queryLogit[d]! * query(n, d);
      return sum * scale;
    });
    const globalQuery = pooled(queryLogits, width, rotated(query));
    const keyLogits = logits((n) => {
      let sum = 0;
      for (let e = 0; e < width / 2; e++) sum += weights.keyLogit[e]! * pair(key, globalQuery, n, e);
      return sum * scale;
    });
    const globalKey = pooled(keyLogits, width, rotated(key));
    for (let n = 0; n < tokens; n++) {
      for (let d = 0; d < width; d++) {
        let sum = weights.resultBias[d]! + query(n, d);
        for (let e = 0; e < width / 2; e++) {
          sum += weights.resultWeight[d * width / 2 + e]! * pair(value, globalKey, n, e);
        }
        result[n * inner + head * width + d] = sum;
      }
    }
  }
  const joined = linear(result, inner, weights.outWeight, weights.outBias);
  for (let i = 0; i < x.length; i++) out[i] = x[i]! + joined[i]!;
}
