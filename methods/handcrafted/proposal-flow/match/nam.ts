import type { Regions } from "./types.ts";

/**
 * Naive appearance matching (Ham et al. 2016, section 3.1): the similarity itself, but 0 where the aspects (width by
 * height) of two boxes differ by a factor of two or more.
 *
 * @returns [source boxes][target boxes]
 */
export function naiveAppearance({ source, target, similarity }: Regions): Float64Array {
  const n = source.boxes.n, m = target.boxes.n;
  const a = aspects(source.boxes.xyxy, n), b = aspects(target.boxes.xyxy, m);
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      const ratio = a[i]! / b[j]!;
      if (ratio > 0.5 && ratio < 2) out[i * m + j] = similarity[i * m + j]!;
    }
  }
  return out;
}

function aspects(xyxy: Float64Array, n: number): Float64Array {
  return Float64Array.from(
    { length: n },
    (_, i) => (xyxy[4 * i + 2]! - xyxy[4 * i]!) / (xyxy[4 * i + 3]! - xyxy[4 * i + 1]!),
  );
}
