import { argmaxRow } from "../../localize/rows.ts";
import type { Boxes } from "./receptive_fields.ts";

/** Transferred positions and how sure they are. */
export interface Transferred {
  /** [n][2] in network pixels of the target; NaN where no box covers the point, or none of those has a match. */
  readonly xy: Float64Array;
  /** [n]: mean of the boxes' best confidences; -Infinity where there is no position. */
  readonly score: Float32Array;
}

/**
 * Moves points with the boxes that cover them (HPF): every source box that holds the point (borders included) takes it
 * along to its best target box, top left corner to top left corner, and the places are averaged.
 *
 * @param points [n][2] in network pixels of the source
 * @param confidence [source boxes][target boxes]
 */
export function transferPoints(
  points: Float64Array,
  source: Boxes,
  target: Boxes,
  confidence: Float32Array,
): Transferred {
  const best = new Int32Array(source.n).fill(-2);
  const matchOf = (box: number): number => {
    if (best[box] === -2) best[box] = argmaxRow(confidence.subarray(box * target.n, (box + 1) * target.n));
    return best[box]!;
  };
  const n = points.length / 2;
  const xy = new Float64Array(2 * n).fill(NaN);
  const score = new Float32Array(n).fill(-Infinity);
  for (let i = 0; i < n; i++) {
    const x = points[2 * i]!, y = points[2 * i + 1]!;
    let sumX = 0, sumY = 0, sum = 0, count = 0;
    for (let box = 0, at = 0; box < source.n; box++, at += 4) {
      const left = source.xyxy[at]!, top = source.xyxy[at + 1]!;
      if (!(x >= left && y >= top && x <= source.xyxy[at + 2]! && y <= source.xyxy[at + 3]!)) continue;
      const match = matchOf(box);
      if (match < 0) continue;
      sumX += target.xyxy[4 * match]! + x - left;
      sumY += target.xyxy[4 * match + 1]! + y - top;
      sum += confidence[box * target.n + match]!;
      count++;
    }
    if (count === 0) continue;
    xy[2 * i] = sumX / count;
    xy[2 * i + 1] = sumY / count;
    score[i] = sum / count;
  }
  return { xy, score };
}
