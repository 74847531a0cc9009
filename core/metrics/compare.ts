import type { Arithmetic } from "../protocol/types.ts";

/** Distance of point i of `a` to point j of `b` in the precision of the arithmetic. */
export function distance(a: Float64Array, i: number, b: Float64Array, j: number, single: boolean): number {
  const dx = a[2 * i]! - b[2 * j]!;
  const dy = a[2 * i + 1]! - b[2 * j + 1]!;
  if (!single) return Math.sqrt(dx * dx + dy * dy);
  const x = Math.fround(dx), y = Math.fround(dy);
  return Math.fround(Math.sqrt(Math.fround(Math.fround(x * x) + Math.fround(y * y))));
}

/**
 * The limit that a distance is compared with: `alpha * threshold` in the protocol's precision.
 * For `float64-ratio` it is alpha itself, and the distance is divided by the threshold first.
 */
export function limitOf(alpha: number, threshold: number, arithmetic: Arithmetic): number {
  switch (arithmetic) {
    case "float64":
      return alpha * threshold;
    case "float64-ratio":
      return alpha;
    case "float64-product":
      return Math.fround(alpha * threshold);
    case "float32-alpha":
      return Math.fround(alpha) * threshold;
    case "float32":
      return Math.fround(Math.fround(alpha) * Math.fround(threshold));
  }
}
