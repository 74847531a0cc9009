/**
 * The main job: predicts every pair of a benchmark, writing each prediction to disk as it is made.
 *
 * @module
 */
import { join } from "@std/path";
import { ConfigError, InputError } from "../errors.ts";
import type { Benchmark, BenchmarkPair, Image, Matches, Method, Pair } from "../types.ts";
import { ImageLoader } from "./images.ts";
import { LineFile } from "./line_file.ts";
import { type Direction, type Prediction, predictionFormat, predictionOf } from "./predictions.ts";
import type { RunRecord } from "./record.ts";

/** What the caller of {@linkcode evaluate} is told and asked while it runs. */
export interface EvaluateHooks {
  /** After each pair; `fresh` counts those predicted now, not resumed. */
  readonly progress?: (done: number, total: number, fresh: number) => void;
  /** One line for the user, about a skipped pair. */
  readonly log: (line: string) => void;
  /** Stops after the current pair. */
  readonly signal?: AbortSignal;
}

/** The outcome of an evaluation. */
export interface Evaluation {
  /** In the benchmark's order; pairs that were skipped carry their reason. */
  readonly predictions: readonly Prediction[];
  /** How many were already there. */
  readonly resumed: number;
}

/**
 * Predicts `pairs`, resuming after what the file in `folder` holds.
 *
 * An unreadable picture or a refused pair skips that pair with a line that names it; any other error stops the run.
 *
 * @throws DOMException "AbortError" when stopped by the signal; InputError when the predictions cannot be written.
 */
export async function evaluate(
  method: Method,
  record: Pick<RunRecord, "direction">,
  pairs: readonly BenchmarkPair[],
  folder: string,
  fileName: string,
  hooks: EvaluateHooks,
): Promise<Evaluation> {
  const order = pairs.map((pair) => pair.id);
  const file = await LineFile.open(join(folder, fileName), order, predictionFormat(pairs, record.direction));
  const images = new ImageLoader();
  const resumed = file.done.size;
  try {
    hooks.progress?.(resumed, pairs.length, 0);
    let fresh = 0;
    for (const pair of pairs) {
      if (file.done.has(pair.id)) continue;
      hooks.signal?.throwIfAborted();
      file.append(await predict(method, pair, record.direction, images, hooks.log));
      fresh++;
      hooks.progress?.(file.done.size, pairs.length, fresh);
    }
    await file.finish();
  } finally {
    file.close();
  }
  return { predictions: pairs.map((pair) => file.done.get(pair.id)!), resumed };
}

async function predict(
  method: Method,
  pair: BenchmarkPair,
  direction: Direction,
  images: ImageLoader,
  log: (line: string) => void,
): Promise<Prediction> {
  try {
    const { source, target } = await loadPair(pair, images);
    const { points } = pair;
    const forward = direction === "reverse" ? undefined : await method.correspond(source, target, points.source);
    const reverse = direction === "forward" ? undefined : await method.correspond(target, source, points.target);
    check(forward, points.source.n, pair);
    check(reverse, points.target.n, pair);
    return predictionOf(pair, forward, reverse);
  } catch (error) {
    if (!(error instanceof InputError) || error instanceof ConfigError) throw error;
    log(`Skipped pair "${pair.id}": ${error.message}`);
    return { pair: pair.id, skipped: error.message };
  }
}

/** Both pictures of a pair. Throws InputError where one cannot be used, or they are the same. */
export async function loadPair(pair: BenchmarkPair, images: ImageLoader): Promise<Pair<Image>> {
  if (pair.images.source.id === pair.images.target.id) {
    throw new InputError(`source and target are the same picture "${pair.images.source.origin}"`);
  }
  return { source: await images.load(pair.images.source), target: await images.load(pair.images.target) };
}

/** A method that returns another number of points than it was asked is a bug of that method, not of the data. */
function check(matches: Matches | undefined, n: number, pair: BenchmarkPair): void {
  if (matches === undefined) return;
  if (matches.n !== n || matches.xy.length !== 2 * n || matches.score.length !== n) {
    throw new TypeError(`The method returned ${matches.n} points for ${n} of pair "${pair.id}"`);
  }
}

/**
 * The pairs of one shard: pair i belongs to shard `i mod count + 1`, so that every shard sees every category.
 *
 * @param shard `3/16`, or null for all pairs.
 * @throws InputError when it is not of that form.
 */
export function shardOf(benchmark: Benchmark, limit: number | null, shard: string | null): readonly BenchmarkPair[] {
  const pairs = limit === null ? benchmark.pairs : benchmark.pairs.slice(0, limit);
  if (shard === null) return pairs;
  const { index, count } = parseShard(shard);
  return pairs.filter((_, i) => i % count === index - 1);
}

/** `3/16` as numbers. */
export function parseShard(shard: string): { index: number; count: number } {
  const match = /^(\d+)\/(\d+)$/.exec(shard);
  const index = Number(match?.[1]), count = Number(match?.[2]);
  if (match === null || index < 1 || index > count) {
    throw new InputError(`Cannot use run.shard=${shard}: it is written PART/PARTS, as in 3/16, from 1/16 to 16/16`);
  }
  return { index, count };
}
