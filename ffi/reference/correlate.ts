import { l2Normalize, type NormRule } from "./l2_normalize.ts";

/** Two sets of descriptors and how they are compared. */
export interface CorrelateArguments {
  /** [m][channels] */
  readonly a: Float32Array;
  readonly m: number;
  /** [n][channels] */
  readonly b: Float32Array;
  readonly n: number;
  readonly channels: number;
  /** Rows of `a` wanted; null for all. */
  readonly rows: Int32Array | null;
  /** Applied to both sides first; null for none. */
  readonly norm: { readonly rule: NormRule; readonly eps: number } | null;
  /** Negative products (and NaN) become 0. */
  readonly relu: boolean;
}

/** Dot products of every wanted row of `a` with every row of `b`. @param out [rows][n] */
export function correlate(
  { a, m, b, n, channels, rows, norm, relu }: CorrelateArguments,
  out: Float32Array,
): void {
  let left = a, right = b;
  if (norm !== null) {
    left = new Float32Array(a.length);
    right = new Float32Array(b.length);
    l2Normalize(a, m, channels, norm.rule, norm.eps, left);
    l2Normalize(b, n, channels, norm.rule, norm.eps, right);
  }
  const wanted = rows ?? Int32Array.from({ length: m }, (_, i) => i);
  for (let i = 0; i < wanted.length; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += left[wanted[i]! * channels + c]! * right[j * channels + c]!;
      out[i * n + j] = relu && !(sum > 0) ? 0 : sum;
    }
  }
}
