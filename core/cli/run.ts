import { buildBenchmark } from "../build.ts";
import { type Layer, readLayer, resolveRuns, type RunConfig } from "../config.ts";
import { type AnyProtocol, loadAnyProtocol } from "../protocol/mod.ts";
import { Registry } from "../registry.ts";
import { mebibytes } from "../run/dense/store.ts";
import { parseShard } from "../run/evaluate.ts";
import { benchmarkKey, executeRun, type RunOutcome } from "../run/execute.ts";
import type { Direction } from "../run/predictions.ts";
import { checkDirection } from "../run/score.ts";
import type { Benchmark } from "../types.ts";
import { readTiming } from "../run/timing.ts";
import { comparisonTables, costTables, type FinishedRun } from "./comparison.ts";
import type { Invocation } from "./main.ts";
import { type Progress, startProgress } from "./progress.ts";
import { runTables } from "./report.ts";
import { interruptSignal } from "./signal.ts";
import { renderTable, type TableData } from "./table.ts";
import { textOf } from "./words.ts";

/** `deno task run`: the main job. */
export default async function run({ words, flags }: Invocation): Promise<void> {
  const registry = await Registry.open();
  const configs = await resolveRuns(registry, await layersOf(words));
  if (flags.explain) return explain(configs, flags.json);

  const benchmarks = new Map<string, Benchmark>();
  const outcomes: RunOutcome[] = [];
  let current: Progress | undefined;
  using interrupt = interruptSignal(() =>
    current?.log("stopping after this pair; Ctrl-C again stops at once (finished pairs are kept either way)")
  );
  for (const config of configs) {
    const protocols: AnyProtocol[] = [];
    for (const name of config.protocols) protocols.push(await loadAnyProtocol(name));
    // Slips that can be told from the words alone are told before anything is loaded.
    const { direction, shard } = config.options.run;
    for (const protocol of protocols) checkDirection(protocol, direction as Direction);
    if (shard !== null) parseShard(shard as string);
    const label = `${config.method.name} + ${config.backbone.name} on ${config.benchmark.name}`;
    const progress = await startProgress(label, "pairs", flags.quiet);
    current = progress;
    try {
      const key = benchmarkKey(config);
      let benchmark = benchmarks.get(key);
      if (benchmark === undefined) {
        benchmarks.set(key, benchmark = await buildBenchmark(registry, config, progress.log));
        if (!flags.json) { for (const note of benchmark.notes) progress.log(`note: ${note}`); }
      }
      const outcome = await executeRun(registry, config, benchmark, protocols, {
        progress: progress.update,
        log: progress.log,
        signal: interrupt.signal,
      });
      progress.stop();
      outcomes.push(outcome);
      if (!flags.json) console.log(report(outcome));
    } finally {
      progress.stop();
    }
  }
  const finished = outcomes.filter((outcome) => outcome.result !== undefined);
  if (flags.json) {
    console.log(
      JSON.stringify(
        outcomes.map(({ folder, result, record, resumed, cache, flowBytes }) => ({
          folder,
          resumed,
          cache,
          ...(flowBytes === undefined ? {} : { flowBytes }),
          ...(result ?? { run: record }),
        })),
        null,
        2,
      ),
    );
  } else if (finished.length > 1) {
    const runs: FinishedRun[] = await Promise.all(finished.map(async ({ folder, result, scores }) => {
      const timing = await readTiming(folder);
      return { folder, result: result!, scores: scores!, ...(timing && { timing }) };
    }));
    const tables = [...comparisonTables(runs, {}), ...costTables(runs)];
    console.log(tables.map((table: TableData) => renderTable(table, "table")).join("\n"));
  }
}

/** The layers of a command: its config file where it names one, then its words. */
export async function layersOf(words: Layer): Promise<Layer[]> {
  const file = words.values.get("config");
  return file === undefined ? [words] : [await readLayer(textOf("config", file)), words];
}

function report(outcome: RunOutcome): string {
  const { result, resumed, evaluated, folder, cache, flowBytes } = outcome;
  if (result === undefined) {
    return `${evaluated} pairs of this part are in ${folder}; when all parts are: deno task merge run=${outcome.record.id}`;
  }
  const tables = runTables(result).map((table) => renderTable(table, "table")).join("\n");
  const reused = resumed === 0
    ? ""
    : resumed === evaluated
    ? "; all predictions were there already"
    : `; ${resumed} of ${evaluated} pairs were there already`;
  const features = `features: ${cache.computed} computed, ${cache.fromDisk} from disk, ${cache.fromMemory} from memory`;
  const flows = flowBytes === undefined ? "" : `\ndense predictions: ${mebibytes(flowBytes)} MiB on disk`;
  return `${tables}\nresults: ${folder}${reused}\n${features}${flows}`;
}

function explain(configs: readonly RunConfig[], json: boolean): void {
  if (json) {
    console.log(JSON.stringify(configs.map((config) => config.settings), null, 2));
    return;
  }
  for (const config of configs) {
    console.log(renderTable({
      title: `${config.method.name} + ${config.backbone.name} on ${config.benchmark.name}`,
      columns: [{ name: "key" }, { name: "value" }, { name: "from" }, { name: "meaning" }],
      rows: config.settings.map((
        s,
      ) => [s.key, typeof s.value === "string" ? s.value : JSON.stringify(s.value), s.origin, s.doc]),
      notes: [],
    }, "table"));
  }
}
