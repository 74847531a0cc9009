import type { Protocol } from "../protocol/types.ts";
import { distance, limitOf } from "./compare.ts";
import { checkPairs, nearest, type ScoreOptions } from "./pck.ts";
import { project, projection, Scratch } from "./project.ts";
import type { ScoredPair } from "./types.ts";

/** What went wrong, as shares of a pair's points, then the mean over pairs; each [alphas]. */
export interface ErrorKinds {
  readonly alphas: readonly number[];
  /** Within the limit T = alpha * threshold: PCK per image. */
  readonly pck: readonly number[];
  /** Within T, and nearest to the right annotated point. */
  readonly dagger: readonly number[];
  /** Near miss: T <= distance <= 2 T. */
  readonly jitter: readonly number[];
  /** No annotated point lies nearer than T. */
  readonly miss: readonly number[];
  /** Another annotated point is nearest, and within T. */
  readonly swap: readonly number[];
}

/**
 * PCK-dagger and the kinds of error of Aygun and Mac Aodha, "Demystifying Unsupervised Semantic Correspondence
 * Estimation" (ECCV 2022). The kinds overlap at exact ties and do not add up to one. A prediction that is not finite is
 * a miss.
 *
 * @throws InputError as scorePairs does
 */
export function errorKinds(pairs: readonly ScoredPair[], protocol: Protocol, options: ScoreOptions): ErrorKinds {
  const alphas = options.alphas ?? protocol.alphas;
  checkPairs(pairs, alphas);
  const setup = projection(protocol, options);
  const { single, arithmetic } = setup;
  const A = alphas.length;
  const sums = { pck: zeros(A), dagger: zeros(A), jitter: zeros(A), miss: zeros(A), swap: zeros(A) };
  const scratch = new Scratch();
  for (const pair of pairs) {
    const { n, threshold } = project(pair, setup, scratch);
    const { truth, predicted } = scratch;
    const share = 1 / n;
    for (let i = 0; i < n; i++) {
      const own = distance(predicted, i, truth, i, single);
      const near = nearest(predicted, truth, i, n, single);
      const least = near < 0 ? Infinity : distance(predicted, i, truth, near, single);
      for (let a = 0; a < A; a++) {
        // A ratio protocol compares distance / threshold with alpha; the kinds need the limit itself.
        const limit = limitOf(alphas[a]!, threshold, arithmetic === "float64-ratio" ? "float64" : arithmetic);
        if (own <= limit) sums.pck[a]! += share;
        if (own <= limit && near === i) sums.dagger[a]! += share;
        if (own >= limit && own <= 2 * limit) sums.jitter[a]! += share;
        if (least >= limit) sums.miss[a]! += share;
        if (near !== i && least <= limit) sums.swap[a]! += share;
      }
    }
  }
  const mean = (values: Float64Array) => Array.from(values, (value) => value / pairs.length);
  return {
    alphas,
    pck: mean(sums.pck),
    dagger: mean(sums.dagger),
    jitter: mean(sums.jitter),
    miss: mean(sums.miss),
    swap: mean(sums.swap),
  };
}

function zeros(n: number): Float64Array {
  return new Float64Array(n);
}
