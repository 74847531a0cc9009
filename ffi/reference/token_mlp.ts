import { layerNorm, linear, type NormWeights } from "./additive_attention.ts";

/** A network of one hidden layer, applied to every token. */
export interface TokenMlpWeights<T = Float32Array> {
  readonly norm: NormWeights<T>;
  /** [hidden][channels] */
  readonly weight1: T;
  /** [hidden] */
  readonly bias1: T;
  /** [channels][hidden] */
  readonly weight2: T;
  /** [channels] */
  readonly bias2: T;
}

/**
 * The error function, to about 1e-16: its power series near 0, the continued fraction of its complement elsewhere
 * (Abramowitz and Stegun 7.1.5 and 7.1.14).
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return NaN;
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = x, sum = x;
    for (let n = 1; Math.abs(term) > 1e-18; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
  let fraction = a;
  for (let n = 120; n >= 1; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (fraction * Math.sqrt(Math.PI)));
}

/**
 * x + W2 gelu(W1 norm(x) + b1) + b2 of every token; gelu(v) = v / 2 * (1 + erf(v / sqrt 2)).
 *
 * @param x [tokens][channels]
 * @param out [tokens][channels]
 */
export function tokenMlp(
  x: Float32Array,
  channels: number,
  weights: TokenMlpWeights,
  eps: number,
  out: Float32Array,
): void {
  const { norm, weight1, bias1, weight2, bias2 } = weights;
  const hidden = linear(layerNorm(x, channels, norm, eps), channels, weight1, bias1)
    .map((v) => v / 2 * (1 + erf(v / Math.SQRT2)));
  // Without hidden units only the bias is left.
  const result = hidden.length > 0 ? linear(hidden, bias1.length, weight2, bias2) : null;
  for (let i = 0; i < x.length; i++) out[i] = x[i]! + (result?.[i] ?? bias2[i % channels]!);
}
