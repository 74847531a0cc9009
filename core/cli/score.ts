import { InputError } from "../errors.ts";
import { type AnyProtocol, isDense, loadAnyProtocol } from "../protocol/mod.ts";
import { Registry } from "../registry.ts";
import { checkApplicable } from "../run/applicable.ts";
import { denseFile, denseFormat } from "../run/dense/store.ts";
import { shardOf } from "../run/evaluate.ts";
import { predictionsFile } from "../run/execute.ts";
import type { ExtraRequest } from "../run/extra_tables.ts";
import { findRun, type FoundRun } from "../run/find.ts";
import { scoreAndWrite } from "../run/finish.ts";
import { keypointGroups } from "../run/keypoint_groups.ts";
import { type LineFormat, type PairLine, readLines } from "../run/line_file.ts";
import { lockFolder } from "../run/lock.ts";
import { predictionFormat } from "../run/predictions.ts";
import type { ResultRecord } from "../run/result.ts";
import { checkDirection } from "../run/score.ts";
import type { Benchmark } from "../types.ts";
import { type ExtraName, extraNames, extraTablesOf } from "./extra.ts";
import { benchmarkOf } from "./loaded.ts";
import type { Invocation } from "./main.ts";
import { measureCell, measureNotes, measuresOf } from "./measures.ts";
import { alphaName, marks, runName, withInterval } from "./report.ts";
import { formatOf, renderTable, type TableData } from "./table.ts";
import { textWords } from "./words.ts";

const KEYS = ["run", "out", "protocol", "root", "format", "tables"] as const;

/** `deno task score`: the same predictions under other protocols. The run's result then holds these protocols. */
export default async function score(invocation: Invocation): Promise<void> {
  const words = textWords(invocation, "score", KEYS, ["run", "protocol"]);
  const format = formatOf(words.format);
  const extra = extraNames(words.tables);
  const run = await findRun(words.out ?? "runs", words.run!);
  const { record, folder } = run;
  const protocols = await Promise.all(words.protocol!.split(",").map((name) => loadAnyProtocol(name.trim())));
  for (const protocol of protocols) checkDirection(protocol, record.direction);
  if ((extra.has("errors") || extra.has("geometry")) && protocols.every(isDense)) {
    throw new InputError(
      `Cannot make tables=${words.tables}: they are of keypoints, and ${words.protocol} judges dense predictions`,
    );
  }
  const registry = await Registry.open();
  const benchmark = await benchmarkOf(registry, run, words.root);
  await checkApplicable(protocols, benchmark);
  const request = await extraRequest(registry, benchmark, extra);
  using _lock = await lockFolder(
    folder,
    () => console.error(`Another process is at work in "${folder}"; waiting for it`),
  );
  const predictions = await storedPredictions(run, benchmark, protocols);
  const { result } = await scoreAndWrite(folder, record, benchmark, predictions, protocols, request);
  if (invocation.flags.json) return console.log(JSON.stringify(result, null, 2));
  const tables = [protocolTable(result), ...extraTablesOf(result, extra)];
  console.log(tables.map((table) => renderTable(table, format)).join("\n"));
}

async function extraRequest(
  registry: Registry,
  benchmark: Benchmark,
  names: ReadonlySet<ExtraName>,
): Promise<ExtraRequest | undefined> {
  if (!names.has("errors") && !names.has("geometry")) return undefined;
  const card = registry.find("benchmark", benchmark.name);
  return {
    errors: names.has("errors"),
    ...(names.has("geometry") ? { geometry: await keypointGroups(card, benchmark) } : {}),
  };
}

/** The predictions the protocols need. Throws InputError where a pair has none yet. */
async function storedPredictions(
  { folder, record }: FoundRun,
  benchmark: Benchmark,
  protocols: readonly AnyProtocol[],
) {
  const pairs = shardOf(benchmark, record.limit, null);
  const order = pairs.map((pair) => pair.id);
  const { direction } = record;
  return {
    ...(protocols.every(isDense)
      ? {}
      : { keypoints: await wholeFile(folder, predictionsFile(null), order, predictionFormat(pairs, direction)) }),
    ...(protocols.some(isDense)
      ? { dense: await wholeFile(folder, denseFile(null), order, denseFormat(pairs, direction)) }
      : {}),
  };
}

async function wholeFile<T extends PairLine>(
  folder: string,
  name: string,
  order: readonly string[],
  format: LineFormat<T>,
): Promise<T[]> {
  const { done } = await readLines(`${folder}/${name}`, format);
  const missing = order.filter((id) => !done.has(id)).length;
  if (missing === 0) return order.map((id) => done.get(id)!);
  const kind = name.startsWith("dense") ? "dense prediction" : "prediction";
  throw new InputError(
    `Cannot score "${folder}": ${missing} of ${order.length} pairs have no ${kind} yet; the same \`deno task run\` ` +
      `with these protocols makes them`,
  );
}

/** One run under many protocols: how far a number moves by convention alone. */
export function protocolTable(result: ResultRecord): TableData {
  const protocols = Object.values(result.results);
  const alphas = [...new Set(protocols.flatMap((p) => p.alphas))].sort((a, b) => a - b);
  const measures = measuresOf(protocols);
  return {
    title: `${
      runName(result)
    } on ${result.run.benchmark.name} (${result.run.benchmark.split}): one set of predictions, many protocols`,
    columns: [
      { name: "protocol" },
      { name: "n", align: "right" },
      ...alphas.map((alpha) => ({ name: `PCK ${alphaName(alpha)}`, align: "right" as const })),
      ...measures.map(({ column }) => ({ name: column, align: "right" as const })),
      { name: "what" },
    ],
    rows: protocols.map((p) => [
      p.protocol.name,
      String(p.pairs),
      ...alphas.map((alpha) => p.alphas.includes(alpha) ? withInterval(p, p.alphas.indexOf(alpha)) : "-"),
      ...measures.map(({ name }) => measureCell(p, name)),
      p.protocol.title,
    ]),
    notes: [...marks(result), ...measureNotes(protocols), "in %; [low, high]: 95 % bootstrap interval over pairs"],
  };
}
