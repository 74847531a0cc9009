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
import { type AnyProtocol, isDense } from "../protocol/mod.ts";
import type { Registry } from "../registry.ts";
import type { Benchmark } from "../types.ts";
import { checkApplicable } from "./applicable.ts";
import { checkHasFlow, evaluateDense } from "./dense/evaluate.ts";
import { flowFolder } from "./dense/store.ts";
import { evaluate, type EvaluateHooks, shardOf } from "./evaluate.ts";
import { toJson, writeWhole } from "./files.ts";
import { scoreAndWrite } from "./finish.ts";
import { lockFolder } from "./lock.ts";
import { recordOf, runFolder, type RunRecord } from "./record.ts";
import type { ResultRecord, StoredScores } from "./result.ts";
import { checkDirection } from "./score.ts";
import { MemoryWatch, writeTiming } from "./timing.ts";

const MIB = 1024 * 1024;

/** What a run leaves behind. */
export interface RunOutcome {
  readonly record: RunRecord;
  readonly folder: string;
  /** Absent for one shard of a run: parts are scored when they are merged. */
  readonly result?: ResultRecord;
  readonly scores?: readonly StoredScores[];
  /** Predictions that an earlier run had made already, of all: one per pair, two where it needs points and flow. */
  readonly resumed: number;
  readonly evaluated: number;
  /** Disk its dense predictions take. */
  readonly flowBytes?: number;
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
  protocols: readonly AnyProtocol[],
  hooks: EvaluateHooks,
): Promise<RunOutcome> {
  const { run } = config.options;
  const shard = run.shard as string | null;
  using memory = new MemoryWatch();
  await using built = await buildMethod(registry, config, hooks.log);
  const { method, backbone, ops, meaningless } = built;
  const record = await recordOf(config, benchmark, {
    backbone: backbone.identity,
    method: method.identity,
    ops,
    meaningless,
  });
  for (const protocol of protocols) checkDirection(protocol, record.direction);
  await checkApplicable(protocols, benchmark);
  const needsDense = protocols.some(isDense);
  if (needsDense) checkHasFlow(method, config.method.name);
  const folder = runFolder(run.out as string, record);
  using _lock = await lockFolder(
    folder,
    () => hooks.log(`Another process is at work in "${folder}"; waiting for it`),
  );
  if (run.restart === true) await removeRun(folder);
  await writeWhole(join(folder, "config.json"), toJson(record));
  const pairs = shardOf(benchmark, record.limit, shard);
  const started = performance.now();
  const keypoints = protocols.every(isDense)
    ? undefined
    : await evaluate(method, record, pairs, folder, predictionsFile(shard), hooks);
  const flowLimit = (run.flow_disk as number) * MIB;
  const dense = needsDense ? await evaluateDense(method, record, pairs, folder, shard, flowLimit, hooks) : undefined;
  const resumed = (keypoints?.resumed ?? 0) + (dense?.resumed ?? 0);
  const evaluated = (keypoints?.predictions.length ?? 0) + (dense?.lines.length ?? 0);
  const flows = dense === undefined ? {} : { flowBytes: dense.bytes };
  const base = { record, folder, resumed, evaluated, cache: backbone.counts, ...flows };
  if (shard !== null) return base;
  if (resumed < evaluated) {
    const ms = performance.now() - started;
    await writeTiming(folder, { ms, pairs: evaluated - resumed, memory, cache: base.cache });
  }
  const predictions = {
    ...(keypoints === undefined ? {} : { keypoints: keypoints.predictions }),
    ...(dense === undefined ? {} : { dense: dense.lines }),
  };
  return { ...base, ...await scoreAndWrite(folder, record, benchmark, predictions, protocols) };
}

/** File of a run's predictions, or of one shard's. */
export function predictionsFile(shard: string | null): string {
  return shard === null ? "predictions.jsonl" : `predictions.part-${shard.replace("/", "-of-")}.jsonl`;
}

async function removeRun(folder: string): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isFile && /^((predictions|dense).*\.jsonl|(result|scores|timing|config)\.json)$/.test(entry.name)) {
      await Deno.remove(join(folder, entry.name));
    }
  }
  await Deno.remove(flowFolder(folder), { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** Equal benchmark settings share one loaded benchmark in a sweep. */
export function benchmarkKey(config: RunConfig): string {
  return canonical({ name: config.benchmark.name, options: config.options.benchmark, root: config.root ?? null });
}
