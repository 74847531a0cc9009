/**
 * What metrics are computed from and what they give: plain data, no images.
 *
 * @module
 */
import type { Average } from "../protocol/types.ts";
import type { BenchmarkPair, Box, Difficulty, Pair, Points, Size, ThresholdSource } from "../types.ts";

/** One annotated pair with its stored predictions, everything in original pixels. */
export interface ScoredPair {
  readonly id: string;
  readonly category: string;
  readonly sizes: Pair<Size>;
  /** Annotated points; row i of both is the same keypoint. */
  readonly points: Pair<Points>;
  readonly boxes?: Pair<Box>;
  /**
   * `target`: predictions for the annotated target points, in their order (forward protocols).
   * `source`: predictions for the annotated source points, made from the target's points (reverse protocols).
   */
  readonly predicted: { readonly target?: Points; readonly source?: Points };
  /** Keypoint id per row. */
  readonly keypoints?: readonly string[];
  /** Ids visible in one image only. */
  readonly unmatched?: Pair<readonly string[]>;
  readonly difficulty?: Difficulty;
}

/** A {@linkcode ScoredPair} from a benchmark's pair, the sizes of its pictures and the stored predictions. */
export function scoredPair(pair: BenchmarkPair, sizes: Pair<Size>, predicted: ScoredPair["predicted"]): ScoredPair {
  return {
    id: pair.id,
    category: pair.category,
    sizes,
    points: pair.points,
    predicted,
    ...(pair.boxes ? { boxes: pair.boxes } : {}),
    ...(pair.keypoints ? { keypoints: pair.keypoints } : {}),
    ...(pair.unmatched ? { unmatched: pair.unmatched } : {}),
    ...(pair.difficulty ? { difficulty: pair.difficulty } : {}),
  };
}

/** What a protocol needs to know of the benchmark that is scored. */
export interface ScoreContext {
  /** Folder name, such as `pf-willow`. */
  readonly benchmark: string;
  /** The benchmark's own threshold rule. */
  readonly threshold: ThresholdSource;
}

/** A group's row: a category, or one level of a difficulty field. */
export interface GroupScore {
  readonly name: string;
  readonly pairs: number;
  readonly points: number;
  /** [alphas], in [0, 1]. */
  readonly values: readonly number[];
}

/** The result of {@linkcode scorePairs}. Arrays over pairs are in the order of the ids. */
export interface PairScores {
  /** Canonical name of the protocol. */
  readonly protocol: string;
  readonly benchmark: string;
  readonly average: Average;
  readonly alphas: readonly number[];
  /** [alphas]: the protocol's number, in [0, 1]. */
  readonly values: readonly number[];
  /** By category, in order of first appearance; its values are per image or per point as the average says. */
  readonly categories: readonly GroupScore[];
  /** By difficulty field, then level ("0", "1", ...); empty where no pair tells. */
  readonly difficulty: { readonly [field in keyof Difficulty]?: readonly GroupScore[] };
  readonly pairs: number;
  readonly points: number;
  readonly ids: readonly string[];
  /** [pairs]: index into `categories`. */
  readonly category: Int32Array;
  /** [pairs]: judged points; at least 1. */
  readonly counts: Uint32Array;
  /** [pairs][alphas]: hits. */
  readonly hits: Uint32Array;
  /** [categories] weights of a `category-*` average; null: all equal. */
  readonly categoryWeights: readonly number[] | null;
  /** Lines a table must show beside the numbers. */
  readonly notes: readonly string[];
}
