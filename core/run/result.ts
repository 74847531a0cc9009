/**
 * What a finished run leaves: `result.json` for people, `scores.json` (hits per pair) for comparisons.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { bootstrap, type GroupScore, type Interval, meanInterval, type PairScores } from "../metrics/mod.ts";
import type { AnyProtocol } from "../protocol/mod.ts";
import type { Measure } from "./dense/score.ts";
import type { ExtraTables } from "./extra_tables.ts";
import { readJson, toJson, writeWhole } from "./files.ts";
import type { RunRecord } from "./record.ts";

/** The mean over pairs of a number that is no share of hits: an end-point error, an overlap of masks. */
export interface MeasureResult {
  readonly name: string;
  readonly unit: Measure["unit"];
  /** Null where it is undefined for every pair. */
  readonly value: number | null;
  /** 95 % bootstrap interval over pairs. */
  readonly interval: Interval | null;
  /** Pairs it is defined for. */
  readonly pairs: number;
  readonly categories: readonly { readonly name: string; readonly pairs: number; readonly value: number | null }[];
}

/** Scores with their measures, as `scores.json` holds them. */
export type StoredScores = PairScores & { readonly measures?: readonly Measure[] };

/** What scoring under one protocol gave. */
export interface ScoredProtocol {
  readonly protocol: AnyProtocol;
  readonly scores: PairScores;
  readonly measures?: readonly Measure[];
  readonly tables?: ExtraTables;
}

/** One protocol's numbers. */
export interface ProtocolResult {
  /** The protocol itself, so that a number never loses its meaning. */
  readonly protocol: AnyProtocol;
  /** Empty where the protocol gives measures only. */
  readonly alphas: readonly number[];
  /** [alphas], in [0, 1]. */
  readonly values: readonly number[];
  /** [alphas]: 95 % bootstrap interval over pairs; null where there is none, and `reason` says why. */
  readonly intervals: readonly Interval[] | null;
  readonly reason: string | null;
  readonly pairs: number;
  readonly points: number;
  readonly categories: readonly GroupScore[];
  readonly difficulty: PairScores["difficulty"];
  readonly notes: readonly string[];
  /** Of dense protocols. */
  readonly measures?: readonly MeasureResult[];
  /** Where `deno task score` was asked for more tables. */
  readonly tables?: ExtraTables;
}

/** `result.json`. It holds no time and no machine, so that equal runs give equal bytes; those are in `timing.json`. */
export interface ResultRecord {
  readonly format: 1;
  readonly run: RunRecord;
  /** Rendered pictures: the numbers say nothing about photographs. */
  readonly synthetic: boolean;
  readonly pairs: {
    /** In the benchmark's split. */
    readonly total: number;
    readonly evaluated: number;
    readonly skipped: readonly { readonly pair: string; readonly reason: string }[];
  };
  /** Every pair of the split was evaluated. Anything else is labelled partial wherever it is shown. */
  readonly complete: boolean;
  readonly notes: readonly string[];
  readonly results: Readonly<Record<string, ProtocolResult>>;
}

/** Makes the record of a run from its scores. */
export function resultOf(
  record: RunRecord,
  scores: readonly ScoredProtocol[],
  pairs: Omit<ResultRecord["pairs"], "total">,
  notes: readonly string[],
): ResultRecord {
  const results: Record<string, ProtocolResult> = {};
  for (const { protocol, scores: s, measures, tables } of scores) {
    const { intervals, reason } = s.alphas.length > 0 ? bootstrap(s) : { intervals: null, reason: null };
    results[protocol.name] = {
      protocol,
      alphas: s.alphas,
      values: s.values,
      intervals,
      reason,
      pairs: s.pairs,
      points: s.points,
      categories: s.categories,
      difficulty: s.difficulty,
      notes: s.notes,
      ...(measures === undefined ? {} : { measures: measures.map((measure) => measureResult(measure, s)) }),
      ...(tables === undefined ? {} : { tables }),
    };
  }
  const total = record.benchmark.pairs;
  return {
    format: 1,
    run: record,
    synthetic: record.benchmark.synthetic,
    pairs: { total, ...pairs },
    complete: pairs.evaluated === total,
    notes,
    results,
  };
}

function measureResult({ name, unit, values }: Measure, scores: PairScores): MeasureResult {
  const mean = (list: readonly number[]) =>
    list.length === 0 ? null : list.reduce((sum, value) => sum + value, 0) / list.length;
  const known = values.filter((value) => value !== null);
  return {
    name,
    unit,
    value: mean(known),
    interval: meanInterval(known),
    pairs: known.length,
    categories: scores.categories.map((category, c) => {
      const own = values.filter((value, p): value is number => value !== null && scores.category[p] === c);
      return { name: category.name, pairs: own.length, value: mean(own) };
    }),
  };
}

/** `PARTIAL: 10 of 180 pairs` where a result is not whole, else nothing. */
export function partialLabel(result: ResultRecord): string | undefined {
  const { evaluated, total, skipped } = result.pairs;
  if (result.complete) return undefined;
  const why = skipped.length > 0 ? ` (${skipped.length} skipped)` : "";
  return `PARTIAL: ${evaluated} of ${total} pairs${why}`;
}

/** Writes both files; `result.json` last, since its presence says that the run is finished. */
export async function writeResult(
  folder: string,
  result: ResultRecord,
  scores: readonly StoredScores[],
): Promise<void> {
  await writeWhole(join(folder, "scores.json"), `${JSON.stringify(scores.map(pack))}\n`);
  await writeWhole(join(folder, "result.json"), toJson(result));
}

function pack(scores: StoredScores) {
  return { ...scores, category: [...scores.category], counts: [...scores.counts], hits: [...scores.hits] };
}

/** Reads `result.json` of a run folder; undefined where the run is not finished. */
export async function readResult(folder: string): Promise<ResultRecord | undefined> {
  const path = join(folder, "result.json");
  const raw = await readJson(path) as ResultRecord | undefined;
  if (raw === undefined) return undefined;
  if (raw?.format !== 1) throw new InputError(`Cannot use "${path}": it is not a result of this version; run it again`);
  return raw;
}

/** Reads the hits per pair that comparisons need. */
export async function readScores(folder: string): Promise<StoredScores[]> {
  const path = join(folder, "scores.json");
  const raw = await readJson(path) as ReturnType<typeof pack>[] | undefined;
  if (!Array.isArray(raw)) {
    throw new InputError(`Cannot use "${path}": it is absent or not of this version; run it again`);
  }
  return raw.map((scores) => ({
    ...scores,
    category: Int32Array.from(scores.category),
    counts: Uint32Array.from(scores.counts),
    hits: Uint32Array.from(scores.hits),
  }));
}
