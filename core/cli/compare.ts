import { InputError } from "../errors.ts";
import { Registry } from "../registry.ts";
import { findRun, type FoundRun, listRuns } from "../run/find.ts";
import { readResult, readScores } from "../run/result.ts";
import { readTiming } from "../run/timing.ts";
import { comparisonTables, costTables, type FinishedRun } from "./comparison.ts";
import type { Invocation } from "./main.ts";
import { formatOf, renderTable } from "./table.ts";
import { textWords } from "./words.ts";

const KEYS = ["run", "out", "benchmark", "method", "protocol", "by", "alpha", "format", "cost"] as const;

/** `deno task compare`: finished runs side by side; by default all of them. */
export default async function compare(invocation: Invocation): Promise<void> {
  const words = textWords(invocation, "compare", KEYS);
  const format = invocation.flags.json ? "json" : formatOf(words.format);
  const { by } = words;
  if (by !== undefined && by !== "category" && by !== "difficulty") {
    throw new InputError(`Cannot break down by=${by}: it must be category or difficulty`);
  }
  if (words.cost !== undefined && words.cost !== "true" && words.cost !== "false") {
    throw new InputError(`Cannot use cost=${words.cost}: it must be true or false`);
  }
  const alpha = words.alpha === undefined ? 0.1 : Number(words.alpha);
  if (!(alpha > 0)) throw new InputError(`Cannot use alpha=${words.alpha}: it must be a number above 0`);
  const out = words.out ?? "runs";
  const chosen = await choose(out, words.run?.split(","));
  const matching = chosen.filter(({ record }) =>
    (words.benchmark === undefined || words.benchmark.split(",").includes(record.benchmark.name)) &&
    (words.method === undefined || words.method.split(",").includes(record.method.name))
  );
  const registry = await Registry.open();
  const finished: FinishedRun[] = [];
  const open: FoundRun[] = [];
  for (const run of matching) {
    const result = await readResult(run.folder);
    if (result === undefined) open.push(run);
    else {
      const reported = registry.list("method").find((card) => card.name === run.record.method.name)?.reported ?? [];
      const timing = await readTiming(run.folder);
      const scores = await readScores(run.folder);
      finished.push({ folder: run.folder, result, scores, reported, ...(timing && { timing }) });
    }
  }
  for (const run of open) console.error(`note: ${run.folder} is not finished and not shown`);
  if (finished.length === 0) {
    throw new InputError(`Cannot compare: no finished run in "${out}" matches; \`deno task run\` makes one`);
  }
  const tables = [
    ...comparisonTables(finished, {
      alpha,
      ...(words.protocol === undefined ? {} : { protocols: words.protocol.split(",") }),
      ...(by === undefined ? {} : { by }),
    }),
    ...(words.cost === "true" ? costTables(finished) : []),
  ];
  if (format === "json") console.log(JSON.stringify(tables.map((t) => JSON.parse(renderTable(t, "json"))), null, 2));
  else console.log(tables.map((table) => renderTable(table, format)).join("\n"));
}

async function choose(out: string, names: readonly string[] | undefined): Promise<FoundRun[]> {
  if (names === undefined) return await listRuns(out);
  return await Promise.all(names.map((name) => findRun(out, name.trim())));
}
