import type { BoxMatches } from "./types.ts";

/** The best target box of each source box. @param confidence [n][m] */
export function bestMatches(confidence: Float64Array, n: number, m: number): BoxMatches {
  const best = new Int32Array(n);
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let at = 0, highest = -Infinity;
    for (let j = 0; j < m; j++) {
      const value = confidence[i * m + j]!;
      if (value > highest) {
        highest = value;
        at = j;
      }
    }
    best[i] = at;
    values[i] = Math.max(highest, 0);
  }
  return { best, confidence: values };
}
