import { InputError } from "../errors.ts";
import { loadProtocol } from "../protocol/mod.ts";
import { Registry } from "../registry.ts";
import { predictionsFile, scoreAndWrite } from "../run/execute.ts";
import { findRun } from "../run/find.ts";
import { lockFolder } from "../run/lock.ts";
import { shardOf } from "../run/evaluate.ts";
import { readPredictions } from "../run/predictions.ts";
import { checkDirection } from "../run/score.ts";
import { benchmarkOf } from "./loaded.ts";
import type { Invocation } from "./main.ts";
import { alphaName, marks, runName, withInterval } from "./report.ts";
import { formatOf, renderTable, type TableData } from "./table.ts";
import { textWords } from "./words.ts";
import type { ResultRecord } from "../run/result.ts";

/** `deno task score`: the same predictions under other protocols. The run's result then holds these protocols. */
export default async function score(invocation: Invocation): Promise<void> {
  const words = textWords(invocation, "score", ["run", "out", "protocol", "root", "format"], ["run", "protocol"]);
  const format = formatOf(words.format);
  const run = await findRun(words.out ?? "runs", words.run!);
  const { record, folder } = run;
  const protocols = [];
  for (const name of words.protocol!.split(",")) protocols.push(await loadProtocol(name.trim()));
  for (const protocol of protocols) checkDirection(protocol, record.direction);
  const registry = await Registry.open();
  const benchmark = await benchmarkOf(registry, run, words.root);
  using _lock = await lockFolder(
    folder,
    () => console.error(`Another process is at work in "${folder}"; waiting for it`),
  );
  const pairs = shardOf(benchmark, record.limit, null);
  const { done } = await readPredictions(`${folder}/${predictionsFile(null)}`, pairs, record.direction);
  const missing = pairs.filter((pair) => !done.has(pair.id)).length;
  if (missing > 0) {
    throw new InputError(
      `Cannot score "${folder}": ${missing} of ${pairs.length} pairs have no prediction yet; the same \`deno task run\` finishes it`,
    );
  }
  const { result } = await scoreAndWrite(folder, record, benchmark, pairs.map((pair) => done.get(pair.id)!), protocols);
  if (invocation.flags.json) console.log(JSON.stringify(result, null, 2));
  else console.log(renderTable(protocolTable(result), format));
}

/** One run under many protocols: how far a number moves by convention alone. */
export function protocolTable(result: ResultRecord): TableData {
  const protocols = Object.values(result.results);
  const alphas = [...new Set(protocols.flatMap((p) => p.alphas))].sort((a, b) => a - b);
  return {
    title: `${
      runName(result)
    } on ${result.run.benchmark.name} (${result.run.benchmark.split}): one set of predictions, many protocols`,
    columns: [
      { name: "protocol" },
      { name: "n", align: "right" },
      ...alphas.map((alpha) => ({ name: `PCK ${alphaName(alpha)}`, align: "right" as const })),
      { name: "what" },
    ],
    rows: protocols.map((p) => [
      p.protocol.name,
      String(p.pairs),
      ...alphas.map((alpha) => p.alphas.includes(alpha) ? withInterval(p, p.alphas.indexOf(alpha)) : "-"),
      p.protocol.title,
    ]),
    notes: [...marks(result), "in %; [low, high]: 95 % bootstrap interval over pairs"],
  };
}
