/**
 * One run from configuration to result.
 *
 * @module
 */
import { join } from "@std/path";
import { buildMethod } from "../build.ts";
import type { CacheCounts } from "../cache/mod.ts";
import { canonical } from "./record.ts";
import type { RunConfig } from "../config.ts";
import { InputError } from "../errors.ts";
import type { PairScores } from "../metrics/mod.ts";
import type { Protocol } from "../protocol/mod.ts";
import type { Registry } from "../registry.ts";
import type { Benchmark } from "../types.ts";
import { evaluate, type EvaluateHooks, shardOf } from "./evaluate.ts";
import { toJson, writeWhole } from "./files.ts";
import { lockFolder } from "./lock.ts";
import type { Prediction } from "./predictions.ts";
import { recordOf, runFolder, type RunRecord } from "./record.ts";
import { resultOf, type ResultRecord, writeResult } from "./result.ts";
import { checkDirection, joinPredictions, scoreUnder } from "./score.ts";

/** What a run leaves behind. */
export interface RunOutcome {
  readonly record: RunRecord;
  readonly folder: string;
  /** Absent for one shard of a run: parts are scored when they are merged. */
  readonly result?: ResultRecord;
  readonly scores?: readonly PairScores[];
  /** Pairs that an earlier run had predicted already. */
  readonly resumed: number;
  readonly evaluated: number;
  readonly cache: CacheCounts;
}

/**
 * Evaluates one configuration: predictions to disk, then scores from them.
 *
 * @throws InputError for anything wrong with the input, before the first pair where it can be known by then.
 */
export async function executeRun(
  registry: Registry,
  config: RunConfig,
  benchmark: Benchmark,
  protocols: readonly Protocol[],
  hooks: EvaluateHooks,
): Promise<RunOutcome> {
  const { run } = config.options;
  const shard = run.shard as string | null;
  await using built = await buildMethod(registry, config, hooks.log);
  const { method, backbone, ops } = built;
  const record = await recordOf(config, benchmark, { backbone: backbone.identity, method: method.identity, ops });
  for (const protocol of protocols) checkDirection(protocol, record.direction);
  const folder = runFolder(run.out as string, record);
  using _lock = await lockFolder(
    folder,
    () => hooks.log(`Another process is at work in "${folder}"; waiting for it`),
  );
  if (run.restart === true) await removeRun(folder);
  await writeWhole(join(folder, "config.json"), toJson(record));
  const pairs = shardOf(benchmark, record.limit, shard);
  const started = performance.now();
  const { predictions, resumed } = await evaluate(method, record, pairs, folder, predictionsFile(shard), hooks);
  const base = { record, folder, resumed, evaluated: predictions.length, cache: backbone.counts };
  if (shard !== null) return base;
  if (resumed < predictions.length) {
    await writeTiming(folder, performance.now() - started, predictions.length - resumed, base.cache);
  }
  return { ...base, ...await scoreAndWrite(folder, record, benchmark, predictions, protocols) };
}

/** Scores the predictions of a whole run and writes its result. */
export async function scoreAndWrite(
  folder: string,
  record: RunRecord,
  benchmark: Benchmark,
  predictions: readonly Prediction[],
  protocols: readonly Protocol[],
): Promise<{ result: ResultRecord; scores: PairScores[] }> {
  const pairs = shardOf(benchmark, record.limit, null);
  const joined = await joinPredictions(pairs, new Map(predictions.map((p) => [p.pair, p])));
  if (joined.pairs.length === 0) {
    throw new InputError(
      `Cannot score "${folder}": all ${joined.skipped.length} pairs were skipped; the first because: ${
        joined.skipped[0]?.reason
      }`,
    );
  }
  const scores = protocols.map((protocol) => ({ protocol, scores: scoreUnder(protocol, joined.pairs, benchmark) }));
  const counts = { evaluated: joined.pairs.length, skipped: joined.skipped };
  const result = resultOf(record, scores, counts, benchmark.notes);
  const all = scores.map((s) => s.scores);
  await writeResult(folder, result, all);
  return { result, scores: all };
}

/** File of a run's predictions, or of one shard's. */
export function predictionsFile(shard: string | null): string {
  return shard === null ? "predictions.jsonl" : `predictions.part-${shard.replace("/", "-of-")}.jsonl`;
}

/** Times and memory, apart from the result: they differ between equal runs. */
async function writeTiming(folder: string, ms: number, pairs: number, cache: CacheCounts): Promise<void> {
  const timing = {
    seconds: ms / 1000,
    pairs,
    pairsPerSecond: pairs / (ms / 1000),
    peakMemoryMiB: await peakMemory(),
    cache,
    cores: navigator.hardwareConcurrency,
  };
  await writeWhole(join(folder, "timing.json"), toJson(timing));
}

/** The process's high-water mark in MiB where the system tells it, else what it holds now. */
async function peakMemory(): Promise<number> {
  try {
    const status = await Deno.readTextFile("/proc/self/status");
    const kib = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
    if (kib !== undefined) return Math.round(Number(kib) / 1024);
  } catch {
    // Not Linux.
  }
  return Math.round(Deno.memoryUsage().rss / 1024 / 1024);
}

async function removeRun(folder: string): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isFile && /^(predictions.*\.jsonl|(result|scores|timing|config)\.json)$/.test(entry.name)) {
      await Deno.remove(join(folder, entry.name));
    }
  }
}

/** Equal benchmark settings share one loaded benchmark in a sweep. */
export function benchmarkKey(config: RunConfig): string {
  return canonical({ name: config.benchmark.name, options: config.options.benchmark, root: config.root ?? null });
}
