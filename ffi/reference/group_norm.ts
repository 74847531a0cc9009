import { erf } from "./token_mlp.ts";

/** What follows a norm: nothing, ReLU (NaN becomes 0), or GELU by the error function. */
export type Activation = "none" | "relu" | "gelu";

/** The norm itself. */
export interface GroupNormWeights<T = Float32Array> {
  /** Groups of neighbouring channels. */
  readonly groups: number;
  /** [channels] */
  readonly weight: T;
  /** [channels] */
  readonly bias: T;
  readonly eps: number;
}

/**
 * add + act(weight[c] * (x - mean) / sqrt(variance + eps) + bias[c]), mean and biased variance over the channels of a
 * group and all positions of one example.
 *
 * @param x [batch][channels][cells]
 * @param norm null leaves the norm out
 * @param add the shape of x, or null
 */
export function groupNorm(
  x: Float32Array,
  [batch, channels, cells]: readonly [number, number, number],
  norm: GroupNormWeights | null,
  activation: Activation,
  add: Float32Array | null,
  out: Float32Array,
): void {
  const act = {
    none: (v: number) => v,
    relu: (v: number) => v > 0 ? v : 0,
    gelu: (v: number) => v / 2 * (1 + erf(v / Math.SQRT2)),
  };
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      const { mean, by } = norm === null ? { mean: 0, by: 1 } : statistics(x, [channels, cells], norm, n, c);
      const weight = norm?.weight[c] ?? 1, bias = norm?.bias[c] ?? 0;
      for (let i = (n * channels + c) * cells, end = i + cells; i < end; i++) {
        out[i] = act[activation]((x[i]! - mean) * by * weight + bias) + (add?.[i] ?? 0);
      }
    }
  }
}

function statistics(
  x: Float32Array,
  [channels, cells]: readonly [number, number],
  { groups, eps }: GroupNormWeights,
  n: number,
  c: number,
): { mean: number; by: number } {
  const size = channels / groups * cells, from = n * channels * cells + Math.floor(c * groups / channels) * size;
  let sum = 0, squares = 0;
  for (let i = from; i < from + size; i++) sum += x[i]!;
  const mean = sum / size;
  for (let i = from; i < from + size; i++) squares += (x[i]! - mean) ** 2;
  return { mean, by: 1 / Math.sqrt(squares / size + eps) };
}
