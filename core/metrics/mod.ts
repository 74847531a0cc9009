/**
 * Metrics: pure functions of (pairs, predictions, protocol).
 *
 * @example
 * ```ts
 * const protocol = await loadProtocol("paper");
 * const scores = scorePairs(pairs, protocol, { benchmark: "pf-willow", threshold: "keypoints" });
 * const { intervals } = bootstrap(scores);
 * ```
 *
 * @module
 */
export { bootstrap, pairedDifference } from "./bootstrap.ts";
export type { Bootstrap, BootstrapOptions, Interval, PairedDifference } from "./bootstrap.ts";
export { type ScoreOptions, scorePairs } from "./pck.ts";
export { Random } from "./random.ts";
export { type GroupScore, type PairScores, type ScoreContext, type ScoredPair, scoredPair } from "./types.ts";
