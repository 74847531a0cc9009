/**
 * Scores stored predictions: predict to disk, score from disk.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { type PairScores, type ScoredPair, scoredPair, scorePairs } from "../metrics/mod.ts";
import type { AnyProtocol, Protocol } from "../protocol/mod.ts";
import type { Benchmark, BenchmarkPair } from "../types.ts";
import type { Direction, Prediction } from "./predictions.ts";
import { pictureSizes } from "./sizes.ts";

/** Pairs with predictions, and those that have none with the reason. */
export interface Scorable {
  readonly pairs: readonly ScoredPair[];
  readonly skipped: readonly { readonly pair: string; readonly reason: string }[];
}

/** Joins annotations and predictions. Picture sizes come from the annotation, or from the file where it has none. */
export async function joinPredictions(
  pairs: readonly BenchmarkPair[],
  predictions: ReadonlyMap<string, Prediction>,
): Promise<Scorable> {
  const sizeOf = pictureSizes();
  const scored: ScoredPair[] = [];
  const skipped: { pair: string; reason: string }[] = [];
  for (const pair of pairs) {
    const prediction = predictions.get(pair.id);
    if (prediction === undefined) continue;
    if (prediction.skipped !== undefined) skipped.push({ pair: pair.id, reason: prediction.skipped });
    else {
      const bothSizes = { source: await sizeOf(pair.images.source), target: await sizeOf(pair.images.target) };
      const { target, source } = prediction;
      scored.push(scoredPair(pair, bothSizes, {
        ...(target === undefined ? {} : { target }),
        ...(source === undefined ? {} : { source }),
      }));
    }
  }
  return { pairs: scored, skipped };
}

/** Throws InputError where a protocol judges a direction the run does not predict. */
export function checkDirection(protocol: AnyProtocol, direction: Direction): void {
  if (direction === "both" || direction === protocol.direction) return;
  throw new InputError(
    `Cannot score protocol "${protocol.name}": it judges ${protocol.direction} predictions and the run makes ` +
      `${direction} ones; run.direction=both makes both`,
  );
}

/** The scores of one protocol over the joined pairs. */
export function scoreUnder(protocol: Protocol, pairs: readonly ScoredPair[], benchmark: Benchmark): PairScores {
  return scorePairs(pairs, protocol, { benchmark: benchmark.name, threshold: benchmark.threshold });
}
