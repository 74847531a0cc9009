import { bestMatches } from "./best.ts";
import { naiveAppearance } from "./nam.ts";
import type { Regions } from "./types.ts";

/** How fast confidence falls with the distance from the neighbours' offset: per pixel, and per unit of area ratio. */
const PER_PIXEL = 0.05;
const PER_RATIO = 0.3;
const STEPS = 20;

/**
 * How the local offset is found. `official`: the released code's twenty steps of a reweighted mean that starts at 1 and
 * often ends on the way to the median, on a map that changes row by row, so that later boxes see the changed confidence
 * of earlier ones. `corrected`: the true median of the neighbours' first best matches, all boxes alike.
 */
export type LocalOffset = "official" | "corrected";

/**
 * Local offset matching (Ham et al. 2016, section 3.3): a match is trusted by how well its offset agrees with the best
 * matches of the boxes that overlap its source box, and the box by how much of all confidence these matches hold.
 *
 * Offsets are (x, y) of the centres in pixels and the ratio of the areas, source over target. Boxes that share a row or
 * column of pixels overlap. The appearance is that of {@linkcode naiveAppearance}.
 *
 * @returns [source boxes][target boxes]
 */
export function localOffset(regions: Regions, form: LocalOffset = "official"): Float64Array {
  const { source, target } = regions;
  const n = source.boxes.n, m = target.boxes.n;
  const out = naiveAppearance(regions);
  if (n === 0 || m === 0) return out;
  const a = geometry(source.boxes.xyxy, n), b = geometry(target.boxes.xyxy, m);
  const { best, confidence } = bestMatches(out, n, m);
  const first = form === "official" ? { best, confidence } : { best: best.slice(), confidence: confidence.slice() };
  const median = form === "official" ? reweightedMedian : trueMedian;
  const offsets = [new Float64Array(n), new Float64Array(n), new Float64Array(n)] as const;
  for (let i = 0; i < n; i++) {
    let count = 0, near = 0, all = 0;
    for (let k = 0; k < n; k++) {
      const value = first.confidence[k]!;
      all += value;
      if (!overlap(source.boxes.xyxy, i, k)) continue;
      near += value;
      const j = first.best[k]!;
      offsets[0][count] = a.x[k]! - b.x[j]!;
      offsets[1][count] = a.y[k]! - b.y[j]!;
      offsets[2][count] = a.area[k]! / b.area[j]!;
      count++;
    }
    const [x, y, ratio] = offsets.map((values) => median(values.subarray(0, count))) as [number, number, number];
    const share = all > 0 ? near / all : 0;
    let at = 0, highest = -Infinity;
    for (let j = 0; j < m; j++) {
      const dx = a.x[i]! - b.x[j]! - x, dy = a.y[i]! - b.y[j]! - y, ds = a.area[i]! / b.area[j]! - ratio;
      const value = out[i * m + j]! * Math.exp(-PER_PIXEL * Math.sqrt(dx * dx + dy * dy) - PER_RATIO * Math.abs(ds)) *
        share;
      out[i * m + j] = value;
      if (value > highest) {
        highest = value;
        at = j;
      }
    }
    best[i] = at;
    confidence[i] = highest;
  }
  return out;
}

/** Centres and areas. */
function geometry(xyxy: Float64Array, n: number) {
  const x = new Float64Array(n), y = new Float64Array(n), area = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const [x1, y1, x2, y2] = xyxy.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    x[i] = (x1 + x2) / 2;
    y[i] = (y1 + y2) / 2;
    area[i] = (x2 - x1) * (y2 - y1);
  }
  return { x, y, area };
}

function overlap(boxes: Float64Array, i: number, k: number): boolean {
  return Math.min(boxes[4 * i + 2]!, boxes[4 * k + 2]!) >= Math.max(boxes[4 * i]!, boxes[4 * k]!) &&
    Math.min(boxes[4 * i + 3]!, boxes[4 * k + 3]!) >= Math.max(boxes[4 * i + 1]!, boxes[4 * k + 1]!);
}

/** Weiszfeld's iteration on a line. Its constant is so small that it stays at a value equal to its start for long. */
function reweightedMedian(values: Float64Array): number {
  let at = 1;
  for (let step = 0; step < STEPS; step++) {
    let total = 0, weights = 0;
    for (let k = 0; k < values.length; k++) {
      const weight = 1 / (Math.abs(values[k]! - at) + Number.EPSILON);
      total += weight * values[k]!;
      weights += weight;
    }
    at = total / weights;
  }
  return at;
}

function trueMedian(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
