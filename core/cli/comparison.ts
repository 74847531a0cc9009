/**
 * Finished runs side by side. Runs share a table only where they were scored on the same pairs under the same
 * protocol; everything else gets a table of its own.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { meanInterval, type PairedDifference, pairedDifference, type PairScores } from "../metrics/mod.ts";
import { canonical } from "../run/record.ts";
import type { Measure } from "../run/dense/score.ts";
import type { ResultRecord, StoredScores } from "../run/result.ts";
import type { RunTiming } from "../run/timing.ts";
import type { OptionValue, ReportedNumber } from "../types.ts";
import { DIFFICULTIES, levelName } from "./extra.ts";
import { measureCell, measureNotes, measuresOf, measureText, withBounds } from "./measures.ts";
import { alphaName, marks, runName, withInterval } from "./report.ts";
import { percent, type TableData } from "./table.ts";

/** One finished run. */
export interface FinishedRun {
  readonly folder: string;
  readonly result: ResultRecord;
  readonly scores: readonly StoredScores[];
  /** Published numbers of its method's card. */
  readonly reported?: readonly ReportedNumber[];
  /** Absent where parts of the run were made in several places. */
  readonly timing?: RunTiming;
}

/** What to show. */
export interface ComparisonOptions {
  /** Only these protocols; default: all. */
  readonly protocols?: readonly string[];
  /** Also a breakdown, at `alpha`. */
  readonly by?: "category" | "difficulty";
  /** Alpha of breakdowns, differences and published numbers. Default 0.1. */
  readonly alpha?: number;
}

interface Group {
  readonly title: string;
  readonly protocol: string;
  readonly runs: FinishedRun[];
}

/** The tables of a comparison. Differences are against the first run of each table. */
export function comparisonTables(runs: readonly FinishedRun[], options: ComparisonOptions): TableData[] {
  const groups = groupRuns(runs, options.protocols);
  if (groups.length === 0) {
    const known = [...new Set(runs.flatMap((run) => Object.keys(run.result.results)))].join(", ");
    throw new InputError(
      `Cannot compare under protocol "${
        options.protocols?.join(",")
      }": these runs were scored under ${known}; \`deno task score\` adds others`,
    );
  }
  return groups.flatMap((group) => [
    overview(group, options.alpha ?? 0.1),
    ...(options.by === undefined ? [] : breakdown(group, options.by, options.alpha ?? 0.1)),
  ]);
}

/** Same benchmark, same annotations, same protocol in every field. */
function groupRuns(runs: readonly FinishedRun[], protocols: readonly string[] | undefined): Group[] {
  const groups = new Map<string, Group>();
  for (const run of runs) {
    const { benchmark } = run.result.run;
    for (const [name, { protocol }] of Object.entries(run.result.results)) {
      if (protocols !== undefined && !protocols.includes(name) && !protocols.includes(protocol.family)) continue;
      const key = `${benchmark.name} ${benchmark.split} ${benchmark.sha256} ${canonical(protocol)}`;
      let group = groups.get(key);
      if (group === undefined) {
        groups.set(
          key,
          group = { title: `${benchmark.name} (${benchmark.split}), protocol ${name}`, protocol: name, runs: [] },
        );
      }
      group.runs.push(run);
    }
  }
  return [...groups.values()];
}

function scoresOf(run: FinishedRun, protocol: string): StoredScores {
  const scores = run.scores.find((s) => s.protocol === protocol);
  if (scores === undefined) {
    throw new InputError(`Cannot compare "${run.folder}": its scores.json lacks protocol "${protocol}"; run it again`);
  }
  return scores;
}

/**
 * Names that tell the runs of one table apart: where two would read the same, the settings in which they differ are
 * added, and the id where nothing else does (versions, weights, operations).
 */
function namesOf(runs: readonly FinishedRun[]): string[] {
  const short = runs.map((run) => runName(run.result));
  const longer = runs.map((run, i) => {
    const twins = runs.filter((_, j) => short[j] === short[i]);
    const own = settingsOf(run);
    const differing = [...own].filter(([key, value]) => twins.some((twin) => settingsOf(twin).get(key) !== value));
    return differing.length === 0
      ? short[i]!
      : `${short[i]}: ${differing.map(([key, value]) => `${key}=${value}`).join(" ")}`;
  });
  return longer.map((name, i) =>
    longer.filter((other) => other === name).length > 1 ? `${name} (${runs[i]!.result.run.id})` : name
  );
}

/** The command-line keys of a run's plugins and their values; of paths only the file's name. */
function settingsOf(run: FinishedRun): Map<string, string> {
  const { method, backbone, localizer, limit } = run.result.run;
  const entries = [
    ...Object.entries(method.options),
    ...Object.entries(backbone.options).map(([key, value]) => [`backbone.${key}`, value] as const),
    ...Object.entries(localizer.options).map(([key, value]) => [`localizer.${key}`, value] as const),
    ...(limit === null ? [] : [["run.limit", limit] as const]),
  ];
  const show = (value: OptionValue) => typeof value === "string" ? value.split("/").at(-1)! : JSON.stringify(value);
  return new Map(entries.map(([key, value]) => [key, show(value)]));
}

function overview(group: Group, alpha: number): TableData {
  const { runs, protocol } = group;
  const names = namesOf(runs);
  const alphas = [...new Set(runs.flatMap((run) => run.result.results[protocol]!.alphas))].sort((a, b) => a - b);
  const measures = measuresOf(runs.map((run) => run.result.results[protocol]!));
  const first = scoresOf(runs[0]!, protocol);
  const hasPublished = runs.some((run) => publishedOf(run, alpha) !== "-");
  const rows = runs.map((run, r) => {
    const result = run.result.results[protocol]!;
    const cells = alphas.map((a) => {
      const i = result.alphas.indexOf(a);
      return i < 0 ? "-" : withInterval(result, i);
    });
    const own = scoresOf(run, protocol);
    const differences = [
      ...(alphas.length === 0 ? [] : [differenceText(own, first, alpha)]),
      ...measures.map(({ name }) => measureDifference(own, first, name)),
    ].map((text) => r === 0 ? "baseline" : text);
    cells.push(...measures.map(({ name }) => measureCell(result, name)));
    return [
      names[r]!,
      String(result.pairs),
      ...cells,
      ...differences,
      ...(hasPublished ? [publishedOf(run, alpha)] : []),
    ];
  });
  return {
    title: group.title,
    columns: [
      { name: "method" },
      { name: "n", align: "right" },
      ...alphas.map((a) => ({ name: `PCK ${alphaName(a)}`, align: "right" as const })),
      ...measures.map(({ column }) => ({ name: column, align: "right" as const })),
      ...(alphas.length === 0 ? [] : [{ name: `difference ${alphaName(alpha)}`, align: "right" as const }]),
      ...measures.map(({ name }) => ({ name: `difference ${name}`, align: "right" as const })),
      ...(hasPublished ? [{ name: `published ${alphaName(alpha)} (protocol; where)` }] : []),
    ],
    rows,
    notes: [...notesOf(runs, names), ...measureNotes(runs.map((run) => run.result.results[protocol]!))],
  };
}

/** What the runs cost, a row each; empty where none tells. */
export function costTables(runs: readonly FinishedRun[]): TableData[] {
  if (runs.every(({ timing }) => timing === undefined)) return [];
  const names = namesOf(runs);
  return [{
    title: "time and memory",
    columns: [
      { name: "method" },
      { name: "pairs", align: "right" },
      { name: "s", align: "right" },
      { name: "s/pair", align: "right" },
      { name: "maps computed", align: "right" },
      { name: "before, MiB", align: "right" },
      { name: "largest, MiB", align: "right" },
    ],
    rows: runs.map(({ timing }, r) =>
      timing === undefined ? [names[r]!, "-", "-", "-", "-", "-", "-"] : [
        names[r]!,
        String(timing.pairs),
        timing.seconds.toFixed(1),
        (timing.seconds / timing.pairs).toFixed(3),
        String(timing.cache.computed),
        String(timing.startMemoryMiB ?? "-"),
        String(timing.peakMemoryMiB),
      ]
    ),
    notes: [
      "of the process that made the predictions: pairs and seconds with the features it had to compute, resident memory",
    ],
  }];
}

/** Marks shared by all runs once, others with the run's name. */
function notesOf(runs: readonly FinishedRun[], names: readonly string[]): string[] {
  const all = runs.map((run) => marks(run.result));
  const shared = all[0]!.filter((mark) => all.every((own) => own.includes(mark)));
  const own = all.flatMap((list, i) =>
    list.filter((mark) => !shared.includes(mark)).map((mark) => `${names[i]}: ${mark}`)
  );
  return [
    ...shared,
    ...own,
    "in %; [low, high]: 95 % bootstrap interval over pairs; difference: to the first row, over the pairs both have",
  ];
}

function differenceText(run: PairScores, first: PairScores, alpha: number): string {
  const i = first.alphas.indexOf(alpha);
  if (i < 0 || run.alphas.indexOf(alpha) < 0) return "-";
  let paired: PairedDifference;
  try {
    paired = pairedDifference(run, first);
  } catch (error) {
    if (error instanceof InputError) return "no common pairs";
    throw error;
  }
  const interval = paired.intervals?.[i];
  const sign = (v: number) => `${v >= 0 ? "+" : ""}${percent(v)}`;
  const common = paired.onlyFirst + paired.onlySecond > 0 ? ` over ${paired.common} common` : "";
  return `${sign(paired.difference[i]!)}${
    interval === undefined ? "" : ` [${sign(interval.low)}, ${sign(interval.high)}]`
  }${common}`;
}

/** The mean difference of a measure over the pairs both have it for, with its paired interval. */
function measureDifference(run: StoredScores, first: StoredScores, name: string): string {
  const [own, other] = [run, first].map((scores) => valuesById(scores, name));
  const common = [...own!.values.keys()].filter((id) => other!.values.has(id));
  if (common.length === 0) return "no common pairs";
  const differences = common.map((id) => own!.values.get(id)! - other!.values.get(id)!);
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const unit = own!.unit;
  const sign = (value: number) => `${value >= 0 ? "+" : ""}${measureText(unit, value)}`;
  const over = common.length < Math.max(own!.values.size, other!.values.size) ? ` over ${common.length} common` : "";
  return `${withBounds(sign(mean), meanInterval(differences), sign)}${over}`;
}

function valuesById(scores: StoredScores, name: string): { unit: Measure["unit"]; values: Map<string, number> } {
  const measure = scores.measures?.find((one) => one.name === name);
  const values = new Map<string, number>();
  measure?.values.forEach((value, i) => {
    if (value !== null) values.set(scores.ids[i]!, value);
  });
  return { unit: measure?.unit ?? "share", values };
}

function publishedOf(run: FinishedRun, alpha: number): string {
  const metric = `PCK${alphaName(alpha)}`;
  const found = (run.reported ?? []).filter((r) =>
    r.benchmark === run.result.run.benchmark.name && r.metric === metric
  );
  return found.length === 0 ? "-" : found.map((r) => `${percent(r.value)} (${r.protocol}; ${r.source})`).join("; ");
}

function breakdown(group: Group, by: "category" | "difficulty", alpha: number): TableData[] {
  const names = namesOf(group.runs);
  const all = group.runs.map((run) => scoresOf(run, group.protocol));
  // A protocol without alphas has no shares to break down; its measures are told by category only.
  if (all.every(({ alphas }) => alphas.length === 0)) return by === "category" ? measuresByCategory(group, names) : [];
  const tables = by === "category"
    ? [{ title: "by category", lists: all.map((s) => s.categories), level: (name: string) => name }]
    : DIFFICULTIES.map((field) => ({
      title: `by ${field}`,
      lists: all.map((s) => s.difficulty[field] ?? []),
      level: (name: string) => levelName(field, name),
    }));
  return tables.filter(({ lists }) => lists.some((list) => list.length > 0)).map(({ title, lists, level }) => {
    const groups = [...new Map(lists.flat().map((g) => [g.name, g])).values()];
    return {
      title: `${group.title}, PCK ${alphaName(alpha)} ${title}`,
      columns: [
        { name: title.slice(3) },
        { name: "pairs", align: "right" as const },
        ...names.map((name) => ({ name, align: "right" as const })),
      ],
      rows: groups.map((g) => [
        level(g.name),
        String(g.pairs),
        ...lists.map((list, r) =>
          percent(list.find((own) => own.name === g.name)?.values[all[r]!.alphas.indexOf(alpha)])
        ),
      ]),
      notes: [],
    };
  });
}

/** A table per measure: its mean in each category. */
function measuresByCategory(group: Group, names: readonly string[]): TableData[] {
  const results = group.runs.map((run) => run.result.results[group.protocol]!);
  return measuresOf(results).map(({ name, column }) => {
    const lists = results.map((result) => result.measures?.find((measure) => measure.name === name));
    const categories = [...new Map(lists.flatMap((list) => list?.categories ?? []).map((c) => [c.name, c])).values()];
    return {
      title: `${group.title}, ${column} by category`,
      columns: [
        { name: "category" },
        { name: "pairs", align: "right" as const },
        ...names.map((own) => ({ name: own, align: "right" as const })),
      ],
      rows: categories.map((category) => [
        category.name,
        String(category.pairs),
        ...lists.map((list) =>
          measureText(list?.unit ?? "share", list?.categories.find((c) => c.name === category.name)?.value ?? null)
        ),
      ]),
      notes: [],
    };
  });
}
