/**
 * From the predictions of a whole run to its result.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { AnyProtocol } from "../protocol/mod.ts";
import { isDense } from "../protocol/mod.ts";
import type { Benchmark } from "../types.ts";
import { scoreDense } from "./dense/score.ts";
import type { DenseLine } from "./dense/store.ts";
import { shardOf } from "./evaluate.ts";
import { type ExtraRequest, extraTables } from "./extra_tables.ts";
import type { Prediction } from "./predictions.ts";
import type { RunRecord } from "./record.ts";
import { resultOf, type ResultRecord, type ScoredProtocol, type StoredScores, writeResult } from "./result.ts";
import { joinPredictions, scoreUnder } from "./score.ts";

/** The stored predictions of a whole run: of keypoints, dense, or both, as its protocols need. */
export interface RunPredictions {
  readonly keypoints?: readonly Prediction[];
  readonly dense?: readonly DenseLine[];
}

/**
 * Scores the predictions of a whole run and writes its result.
 *
 * @param extra further tables to make from the same keypoint predictions
 * @throws InputError where every pair was skipped, and for whatever a protocol refuses
 */
export async function scoreAndWrite(
  folder: string,
  record: RunRecord,
  benchmark: Benchmark,
  predictions: RunPredictions,
  protocols: readonly AnyProtocol[],
  extra?: ExtraRequest,
): Promise<{ result: ResultRecord; scores: StoredScores[] }> {
  const pairs = shardOf(benchmark, record.limit, null);
  const keypoints = predictions.keypoints ?? [];
  const lines = new Map((predictions.dense ?? []).map((line) => [line.pair, line]));
  const joined = await joinPredictions(pairs, new Map(keypoints.map((p) => [p.pair, p])));
  const whole = pairs.filter(({ id }) => lines.has(id) && lines.get(id)!.skipped === undefined);
  const skipped = skippedOf(pairs.map(({ id }) => id), [...joined.skipped], lines);
  const scored: ScoredProtocol[] = [];
  for (const protocol of protocols) {
    if ((isDense(protocol) ? whole : joined.pairs).length === 0) {
      throw new InputError(
        `Cannot score "${folder}": all ${skipped.length} pairs were skipped; the first because: ${skipped[0]?.reason}`,
      );
    }
    if (isDense(protocol)) {
      scored.push({ protocol, ...await scoreDense(protocol, whole, lines, folder, benchmark) });
    } else {
      const scores = scoreUnder(protocol, joined.pairs, benchmark);
      const tables = extra === undefined ? undefined : extraTables(joined.pairs, protocol, benchmark, extra);
      scored.push({ protocol, scores, ...(tables === undefined ? {} : { tables }) });
    }
  }
  const counts = { evaluated: pairs.length - skipped.length, skipped };
  const result = resultOf(record, scored, counts, benchmark.notes);
  const scores = scored.map(({ scores, measures }) => measures === undefined ? scores : { ...scores, measures });
  await writeResult(folder, result, scores);
  return { result, scores };
}

/** Pairs skipped in either kind of prediction, in the benchmark's order. */
function skippedOf(
  order: readonly string[],
  keypoints: readonly { readonly pair: string; readonly reason: string }[],
  dense: ReadonlyMap<string, DenseLine>,
): { readonly pair: string; readonly reason: string }[] {
  const reasons = new Map(keypoints.map(({ pair, reason }) => [pair, reason]));
  for (const { pair, skipped } of dense.values()) if (skipped !== undefined) reasons.set(pair, skipped);
  return order.filter((id) => reasons.has(id)).map((pair) => ({ pair, reason: reasons.get(pair)! }));
}
