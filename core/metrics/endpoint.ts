import type { Protocol } from "../protocol/types.ts";
import type { Arithmetic } from "../protocol/types.ts";
import { distance, limitOf } from "./compare.ts";
import { checkPairs } from "./pck.ts";
import { project, projection, Scratch } from "./project.ts";
import type { ScoreContext, ScoredPair } from "./types.ts";

/** Distances of predictions to annotated points, in the protocol's frame. */
export interface EndpointErrors {
  /** [pairs][judged points] */
  readonly distances: readonly Float64Array[];
  /** [pairs] */
  readonly thresholds: Float64Array;
  readonly arithmetic: Arithmetic;
}

/** Measures every judged point. @throws InputError as scorePairs does */
export function endpointErrors(
  pairs: readonly ScoredPair[],
  protocol: Protocol,
  context: ScoreContext,
): EndpointErrors {
  checkPairs(pairs, protocol.alphas);
  const setup = projection(protocol, context);
  const scratch = new Scratch();
  const thresholds = new Float64Array(pairs.length);
  const distances = pairs.map((pair, p) => {
    const { n, threshold } = project(pair, setup, scratch);
    thresholds[p] = threshold;
    return Float64Array.from({ length: n }, (_, i) => distance(scratch.predicted, i, scratch.truth, i, setup.single));
  });
  return { distances, thresholds, arithmetic: setup.arithmetic };
}

/** Average end-point error: the mean over pairs of the pair's mean distance, in frame pixels. */
export function averageEndpointError({ distances }: EndpointErrors): number {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return distances.reduce((sum, values) => sum + mean(values), 0) / distances.length;
}

/**
 * Share of all points within alpha * threshold.
 *
 * @param threshold `own`: each pair's. `last`: the LAST pair's for all of them, a DEFECT of DenseMatching's
 * "PCK per dataset", kept to reproduce its numbers
 * @returns [alphas]
 */
export function pooledPck(errors: EndpointErrors, alphas: readonly number[], threshold: "own" | "last"): number[] {
  const { distances, thresholds, arithmetic } = errors;
  const total = distances.reduce((sum, values) => sum + values.length, 0);
  return alphas.map((alpha) => {
    let hits = 0;
    distances.forEach((values, p) => {
      const limit = limitOf(alpha, thresholds[threshold === "own" ? p : thresholds.length - 1]!, arithmetic);
      for (const value of values) if (value <= limit) hits++;
    });
    return hits / total;
  });
}
