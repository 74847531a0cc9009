import { join } from "@std/path";
import { defaultProtocols } from "../config.ts";
import { InputError, messageOf } from "../errors.ts";
import { isDense, loadAnyProtocol } from "../protocol/mod.ts";
import { Registry } from "../registry.ts";
import { checkApplicable } from "../run/applicable.ts";
import { denseFile, denseFormat } from "../run/dense/store.ts";
import { shardOf } from "../run/evaluate.ts";
import { predictionsFile } from "../run/execute.ts";
import { writeWhole } from "../run/files.ts";
import { findRun, type FoundRun } from "../run/find.ts";
import { scoreAndWrite } from "../run/finish.ts";
import { type LineFormat, type PairLine, readLines } from "../run/line_file.ts";
import { lockFolder } from "../run/lock.ts";
import { predictionFormat } from "../run/predictions.ts";
import { checkDirection } from "../run/score.ts";
import { findShards, joinShards, type Part } from "../run/shards.ts";
import type { Benchmark } from "../types.ts";
import { runTables } from "./report.ts";
import { benchmarkOf } from "./loaded.ts";
import type { Invocation } from "./main.ts";
import { renderTable } from "./table.ts";
import { textWords } from "./words.ts";

/**
 * `deno task merge`: joins the shards of a run into the same bytes as one run. Shards made on other machines are
 * merged by copying their `predictions.part-*.jsonl`, or `dense.part-*.jsonl` and `flow/`, into the run's folder.
 */
export default async function merge(invocation: Invocation): Promise<void> {
  const words = textWords(invocation, "merge", ["run", "out", "protocol", "root"], ["run"]);
  const run = await findRun(words.out ?? "runs", words.run!);
  const { record, folder } = run;
  const registry = await Registry.open();
  const card = registry.find("benchmark", record.benchmark.name);
  const names = words.protocol?.split(",") ?? defaultProtocols(card);
  const protocols = await Promise.all(names.map((name) => loadAnyProtocol(name.trim())));
  for (const protocol of protocols) checkDirection(protocol, record.direction);
  const benchmark = await benchmarkOf(registry, run, words.root);
  await checkApplicable(protocols, benchmark);
  using _lock = await lockFolder(
    folder,
    () => console.error(`Another process is at work in "${folder}"; waiting for it`),
  );
  const pairs = shardOf(benchmark, record.limit, null);
  const keypoints = protocols.every(isDense)
    ? undefined
    : await joinFiles(run, benchmark, predictionsFile, predictionFormat(pairs, record.direction));
  const dense = protocols.some(isDense)
    ? await joinFiles(run, benchmark, denseFile, denseFormat(pairs, record.direction))
    : undefined;
  const predictions = {
    ...(keypoints === undefined ? {} : { keypoints }),
    ...(dense === undefined ? {} : { dense }),
  };
  const { result } = await scoreAndWrite(folder, record, benchmark, predictions, protocols);
  if (invocation.flags.json) console.log(JSON.stringify(result, null, 2));
  else console.log(`${runTables(result).map((table) => renderTable(table, "table")).join("\n")}\nresults: ${folder}`);
}

/** Joins one kind of file, and writes the whole of it. */
async function joinFiles<T extends PairLine>(
  { folder, record }: FoundRun,
  benchmark: Benchmark,
  fileOf: (shard: string | null) => string,
  format: LineFormat<T>,
): Promise<readonly T[]> {
  const stem = fileOf(null).replace(".jsonl", "");
  const shards = await findShards(folder, stem);
  if (shards.length === 0) {
    throw new InputError(
      `Cannot merge "${folder}": it holds no ${stem}.part-*.jsonl; run with run.shard=1/N makes them`,
    );
  }
  const parts: Part<T>[] = [];
  for (const shard of shards) {
    const path = join(folder, fileOf(shard));
    const pairs = shardOf(benchmark, record.limit, shard).map((pair) => pair.id);
    const own = new Set(pairs);
    const { done, lines } = await readLines(path, {
      ...format,
      // A line of another part in this one is a file in the wrong place.
      decode: (line) => {
        const value = format.decode(line);
        return value !== undefined && own.has(value.pair) ? value : undefined;
      },
    });
    parts.push({ shard, path, pairs, done, lines });
  }
  let joined;
  try {
    joined = joinShards(parts, shardOf(benchmark, record.limit, null).map((pair) => pair.id));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`Cannot merge "${folder}": ${messageOf(error)}`);
  }
  await writeWhole(join(folder, fileOf(null)), joined.text);
  return joined.values;
}
