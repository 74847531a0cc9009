import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { loadProtocol } from "../protocol/mod.ts";
import { Registry } from "../registry.ts";
import { shardOf } from "../run/evaluate.ts";
import { predictionsFile, scoreAndWrite } from "../run/execute.ts";
import { writeWhole } from "../run/files.ts";
import { findRun } from "../run/find.ts";
import { lockFolder } from "../run/lock.ts";
import { type Prediction, readPredictions } from "../run/predictions.ts";
import { runTables } from "./report.ts";
import { benchmarkOf } from "./loaded.ts";
import type { Invocation } from "./main.ts";
import { renderTable } from "./table.ts";
import { textWords } from "./words.ts";

/**
 * `deno task merge`: joins the shards of a run into the same bytes as one run. Shards made on other machines are
 * merged by copying their `predictions.part-*.jsonl` into the run's folder.
 */
export default async function merge(invocation: Invocation): Promise<void> {
  const words = textWords(invocation, "merge", ["run", "out", "protocol", "root"], ["run"]);
  const run = await findRun(words.out ?? "runs", words.run!);
  const { record, folder } = run;
  const protocols = [];
  for (const name of (words.protocol ?? "paper,original").split(",")) protocols.push(await loadProtocol(name.trim()));
  const registry = await Registry.open();
  const benchmark = await benchmarkOf(registry, run, words.root);
  using _lock = await lockFolder(
    folder,
    () => console.error(`Another process is at work in "${folder}"; waiting for it`),
  );
  const count = await partCount(folder);
  const lines = new Map<string, string>();
  const predictions = new Map<string, Prediction>();
  for (let index = 1; index <= count; index++) {
    const shard = `${index}/${count}`;
    const path = join(folder, predictionsFile(shard));
    const pairs = shardOf(benchmark, record.limit, shard);
    const part = await readPredictions(path, pairs, record.direction);
    const missing = pairs.filter((pair) => !part.done.has(pair.id)).length;
    if (missing > 0) {
      throw new InputError(
        `Cannot merge "${folder}": part ${shard} lacks ${missing} of its ${pairs.length} pairs (${path})`,
      );
    }
    for (const [id, line] of part.lines) lines.set(id, line);
    for (const [id, prediction] of part.done) predictions.set(id, prediction);
  }
  const all = shardOf(benchmark, record.limit, null);
  await writeWhole(join(folder, predictionsFile(null)), all.map((pair) => `${lines.get(pair.id)}\n`).join(""));
  const { result } = await scoreAndWrite(
    folder,
    record,
    benchmark,
    all.map((pair) => predictions.get(pair.id)!),
    protocols,
  );
  if (invocation.flags.json) console.log(JSON.stringify(result, null, 2));
  else console.log(`${runTables(result).map((table) => renderTable(table, "table")).join("\n")}\nresults: ${folder}`);
}

/** The number of parts, from the names of the files. Throws InputError for none, mixed counts and missing parts. */
async function partCount(folder: string): Promise<number> {
  const parts = new Map<number, Set<number>>();
  for await (const entry of Deno.readDir(folder)) {
    const match = /^predictions\.part-(\d+)-of-(\d+)\.jsonl$/.exec(entry.name);
    if (match === null) continue;
    const count = Number(match[2]);
    const seen = parts.get(count) ?? new Set();
    seen.add(Number(match[1]));
    parts.set(count, seen);
  }
  if (parts.size === 0) {
    throw new InputError(
      `Cannot merge "${folder}": it holds no predictions.part-*.jsonl; run with run.shard=1/N makes them`,
    );
  }
  if (parts.size > 1) {
    throw new InputError(
      `Cannot merge "${folder}": it holds parts of ${
        [...parts.keys()].join(" and of ")
      }; some pairs would come twice, remove one set`,
    );
  }
  const [[count, seen]] = [...parts] as [[number, Set<number>]];
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((i) => !seen.has(i));
  if (missing.length > 0) {
    throw new InputError(`Cannot merge "${folder}": part ${missing.map((i) => `${i}/${count}`).join(", ")} is missing`);
  }
  return count;
}
