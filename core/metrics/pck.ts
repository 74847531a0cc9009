import { InputError } from "../errors.ts";
import type { Protocol } from "../protocol/types.ts";
import { aggregate } from "./aggregate.ts";
import { distance, limitOf } from "./compare.ts";
import { project, projection, Scratch } from "./project.ts";
import type { PairScores, ScoreContext, ScoredPair } from "./types.ts";

/** Options of {@linkcode scorePairs}. */
export interface ScoreOptions extends ScoreContext {
  /** Instead of the protocol's own. */
  readonly alphas?: readonly number[];
  /**
   * Judges only the keypoints marked 1 (thresholds still come from all of them); pairs left with none do not count, and
   * a note says how many. @returns [points]
   */
  readonly select?: (pair: ScoredPair) => Uint8Array;
}

/**
 * Percentage of correct keypoints (or PCK-dagger, as the protocol's metric says) of stored predictions.
 *
 * A prediction that is not finite is a miss, never left out; the notes count them.
 *
 * @throws InputError naming the pair and the field for missing, malformed or too many points, a box that is missing, a
 * zero threshold where the protocol refuses it, two pairs with one id, and an empty list
 */
export function scorePairs(pairs: readonly ScoredPair[], protocol: Protocol, options: ScoreOptions): PairScores {
  const alphas = options.alphas ?? protocol.alphas;
  checkPairs(pairs, alphas);
  if (options.select !== undefined && (protocol.collapsePixels || protocol.sentinel !== null)) {
    throw new InputError(
      `Cannot score selected keypoints under "${protocol.name}": its evaluator drops or joins points before it counts`,
    );
  }
  const setup = projection(protocol, options);
  const { arithmetic, single } = setup;
  const ratio = arithmetic === "float64-ratio";
  const strict = protocol.comparison === "<";
  const dagger = protocol.metric === "pck-dagger";
  const A = alphas.length;
  const counts = new Uint32Array(pairs.length);
  const hits = new Uint32Array(pairs.length * A);
  const limits = new Float64Array(A);
  const scratch = new Scratch();
  let lost = 0;
  for (let p = 0; p < pairs.length; p++) {
    const pair = pairs[p]!;
    const { n, threshold } = project(pair, setup, scratch);
    const keep = options.select?.(pair);
    for (let a = 0; a < A; a++) limits[a] = limitOf(alphas[a]!, threshold, arithmetic);
    const { truth, predicted } = scratch;
    let count = 0;
    for (let i = 0; i < n; i++) {
      if (keep !== undefined && keep[i] !== 1) continue;
      count++;
      let d = distance(predicted, i, truth, i, single);
      // NaN and Infinity fail both comparisons below: a point without a prediction stays in the denominator.
      if (!(d < Infinity)) lost++;
      if (dagger && nearest(predicted, truth, i, n, single) !== i) continue;
      if (ratio) d /= threshold;
      for (let a = 0; a < A; a++) {
        const limit = limits[a]!;
        if (strict ? d < limit : d <= limit) hits[p * A + a]!++;
      }
    }
    counts[p] = count;
  }
  const notes: string[] = [];
  if (lost > 0) notes.push(`${lost} predicted points are not finite and count as misses`);
  if (protocol.unofficial.includes(options.threshold)) {
    notes.push(`the official code of "${protocol.name}" has no case for benchmarks judged by ${options.threshold}`);
  }
  return aggregate(pairs, protocol, options, alphas, counts, hits, notes);
}

/** Index of the annotated point nearest to prediction i; the lowest index wins a tie, and NaN never does. */
export function nearest(predicted: Float64Array, truth: Float64Array, i: number, n: number, single: boolean): number {
  let best = -1;
  let least = Infinity;
  for (let j = 0; j < n; j++) {
    const d = distance(predicted, i, truth, j, single);
    if (d < least) {
      least = d;
      best = j;
    }
  }
  return best;
}

/** Refuses what would silently change a denominator. */
export function checkPairs(pairs: readonly ScoredPair[], alphas: readonly number[]): void {
  if (pairs.length === 0) throw new InputError("Cannot score: there are no pairs");
  if (alphas.length === 0 || !alphas.every((alpha) => alpha > 0 && alpha < Infinity)) {
    throw new InputError(`Cannot score at alphas [${alphas.join(", ")}]: they must be positive numbers`);
  }
  const seen = new Set<string>();
  for (const { id } of pairs) {
    if (seen.has(id)) throw new InputError(`Cannot score: pair id "${id}" occurs twice`);
    seen.add(id);
  }
}
