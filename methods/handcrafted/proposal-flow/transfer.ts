import type { Points, Size } from "../../../core/types.ts";
import type { Field } from "./field.ts";

/**
 * Carries points by a dense field as the released code does: a point moves as its nearest pixel does (halves up),
 * without interpolation, and stays inside the target picture. A point no box covers moves as the nearest covered pixel
 * of the source picture; where the field is empty, as the stretch of one picture onto the other.
 *
 * @returns xy, score (confidence, 0 for uncovered points) and covered ([n], 1 where a box covers the point)
 */
export function transferPoints(field: Field, source: Size, target: Size, points: Points) {
  const { width, height } = source;
  const xy = new Float64Array(points.n * 2);
  const score = new Float32Array(points.n);
  const covered = new Uint8Array(points.n);
  for (let i = 0; i < points.n; i++) {
    const x = points.xy[2 * i]!, y = points.xy[2 * i + 1]!;
    const col = Math.min(Math.max(Math.floor(x + 0.5), 0), width - 1);
    const row = Math.min(Math.max(Math.floor(y + 0.5), 0), height - 1);
    let at = row * width + col;
    if (Number.isNaN(field.xy[2 * at]!)) at = nearestCovered(field, width, height, col, row);
    else {
      covered[i] = 1;
      score[i] = field.confidence[at]!;
    }
    const [tx, ty] = at < 0
      ? [(x + 0.5) * target.width / width - 0.5, (y + 0.5) * target.height / height - 0.5]
      : [x + field.xy[2 * at]! - at % width, y + field.xy[2 * at + 1]! - Math.floor(at / width)];
    xy[2 * i] = Math.min(Math.max(tx, 0), target.width - 1);
    xy[2 * i + 1] = Math.min(Math.max(ty, 0), target.height - 1);
  }
  return { n: points.n, xy, score, covered };
}

/** Index of the covered pixel at the smallest distance, the first of equals; -1 where there is none. */
function nearestCovered(field: Field, width: number, height: number, col: number, row: number): number {
  let at = -1, nearest = Infinity;
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const distance = (x - col) ** 2 + (y - row) ** 2;
      if (distance < nearest && !Number.isNaN(field.xy[2 * p]!)) {
        nearest = distance;
        at = p;
      }
    }
  }
  return at;
}
