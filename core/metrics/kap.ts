import { InputError } from "../errors.ts";

/** One source keypoint: how similar every target cell is to it, and where it really is. */
export interface KapQuery {
  /** [cells][cells]: row-major similarities of the target's cells. */
  readonly similarity: ArrayLike<number>;
  /** Annotated target point in frame pixels; null: not visible in the target. */
  readonly target: { readonly x: number; readonly y: number } | null;
}

/** One pair: its source-visible keypoints over a square target frame. */
export interface KapPair {
  readonly id: string;
  /** Frame side in pixels, and cells per side. */
  readonly side: number;
  readonly cells: number;
  /** Frame pixels that alpha = 1 stands for (longer side of the target box). */
  readonly threshold: number;
  readonly queries: readonly KapQuery[];
}

/**
 * Which rule decides.
 *
 * - `occlusion-aware`: what the measure is meant to be: a visible keypoint gives the largest similarity inside the disc
 *   (positive) and outside it (negative), a hidden one the largest of the map (negative).
 * - `jamaisvu`: DEFECT of the official code, kept to reproduce its numbers: a hidden keypoint is treated as visible at
 *   frame position (0, 0), where the official loader puts it.
 * - `sphericalmaps`: the disc is open, tested at the top-left pixel of each cell, and always holds the nearest cell.
 */
export type KapRule = "occlusion-aware" | "jamaisvu" | "sphericalmaps";

/**
 * Keypoint average precision (Mariotti et al., "Improving Semantic Correspondence with Viewpoint-Guided Spherical
 * Maps", CVPR 2024): average precision of the similarities inside the right disc against those outside. Unlike PCK it
 * punishes a method that is sure of a match for a keypoint that is not there. Similarities are scaled to [0, 1] over the
 * pair.
 *
 * @param average `point`: one ranking of all pairs. `image`: one per pair, then the mean
 * @returns [alphas], in [0, 1]
 * @throws InputError naming the pair for similarities of the wrong length or not finite, and where nothing is visible
 */
export function keypointAveragePrecision(
  pairs: readonly KapPair[],
  alphas: readonly number[],
  rule: KapRule,
  average: "point" | "image",
): number[] {
  if (pairs.length === 0) throw new InputError("Cannot compute KAP: there are no pairs");
  return alphas.map((alpha) => {
    const all: Ranked[] = [];
    let sum = 0;
    for (const pair of pairs) {
      const own = rankPair(pair, alpha, rule);
      if (average === "image") sum += averagePrecision(own);
      else all.push(...own);
    }
    return average === "image" ? sum / pairs.length : averagePrecision(all);
  });
}

interface Ranked {
  readonly score: number;
  readonly positive: boolean;
}

function rankPair(pair: KapPair, alpha: number, rule: KapRule): Ranked[] {
  const { cells, side, queries } = pair;
  const { low, high } = range(pair);
  const scale = cells / side;
  const ranked: Ranked[] = [];
  for (const { similarity, target } of queries) {
    const hidden = target === null;
    const point = target ?? { x: 0, y: 0 };
    const radius = alpha * pair.threshold;
    let nearest = -1;
    let least = Infinity;
    if (rule === "sphericalmaps") {
      for (let c = 0; c < cells * cells; c++) {
        const d = squaredPixels(c, cells, side, point);
        if (d < least) {
          least = d;
          nearest = c;
        }
      }
    }
    // Cells on the other side of the disc count as 0 in the first two rules.
    let inside = rule === "sphericalmaps" ? -Infinity : 0;
    let outside = inside;
    for (let c = 0; c < cells * cells; c++) {
      const value = (similarity[c]! - low) / (high - low);
      let within: boolean;
      if (rule === "sphericalmaps") {
        within = c === nearest || squaredPixels(c, cells, side, point) < radius * radius;
      } else {
        const dx = c % cells - point.x * scale;
        const dy = Math.floor(c / cells) - point.y * scale;
        within = dx * dx + dy * dy <= (radius * scale) ** 2;
      }
      if (within) inside = Math.max(inside, value);
      else outside = Math.max(outside, value);
    }
    if (hidden && rule !== "jamaisvu") ranked.push({ score: Math.max(inside, outside), positive: false });
    else ranked.push({ score: inside, positive: true }, { score: outside, positive: false });
  }
  return ranked;
}

/** Squared distance of a point to the pixel that nearest-neighbour reduction keeps for a cell. */
function squaredPixels(cell: number, cells: number, side: number, point: { x: number; y: number }): number {
  const dx = Math.floor((cell % cells) * side / cells) - point.x;
  const dy = Math.floor(Math.floor(cell / cells) * side / cells) - point.y;
  return dx * dx + dy * dy;
}

function range({ id, queries, cells }: KapPair): { low: number; high: number } {
  if (queries.length === 0) {
    throw new InputError(`Cannot compute KAP of pair "${id}": no keypoint is visible in the source`);
  }
  let low = Infinity;
  let high = -Infinity;
  for (const { similarity } of queries) {
    if (similarity.length !== cells * cells) {
      throw new InputError(
        `Cannot compute KAP of pair "${id}": similarity holds ${similarity.length} of ${cells * cells} cells`,
      );
    }
    for (let c = 0; c < similarity.length; c++) {
      const value = similarity[c]!;
      if (!Number.isFinite(value)) {
        throw new InputError(`Cannot compute KAP of pair "${id}": similarity is ${value} at cell ${c}`);
      }
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  // A constant map ranks nothing; any scale does.
  return { low, high: high > low ? high : low + 1 };
}

/** Step-wise average precision, sum of (recall step * precision), ties taken together; 0 where nothing is positive. */
export function averagePrecision(ranked: readonly Ranked[]): number {
  const sorted = [...ranked].sort((a, b) => b.score - a.score);
  const positives = sorted.filter(({ positive }) => positive).length;
  if (positives === 0) return 0;
  let seen = 0;
  let found = 0;
  let sum = 0;
  while (seen < sorted.length) {
    const score = sorted[seen]!.score;
    let step = 0;
    while (seen < sorted.length && sorted[seen]!.score === score) {
      if (sorted[seen]!.positive) step++;
      seen++;
    }
    found += step;
    sum += step / positives * (found / seen);
  }
  return sum;
}
