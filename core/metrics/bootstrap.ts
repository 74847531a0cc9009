import { InputError } from "../errors.ts";
import { Random } from "./random.ts";
import type { PairScores } from "./types.ts";

/** How resampling is done. */
export interface BootstrapOptions {
  /** 2000. */
  readonly resamples?: number;
  /** Same seed, same interval. 0. */
  readonly seed?: number;
  /** Share of resamples inside the interval. 0.95. */
  readonly level?: number;
}

/** A percentile interval, per alpha. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The result of {@linkcode bootstrap}. */
export interface Bootstrap {
  /** [alphas]; null where none can be given, and `reason` says why. */
  readonly intervals: readonly Interval[] | null;
  readonly reason: string | null;
  readonly level: number;
  readonly resamples: number;
  readonly seed: number;
}

/** The result of {@linkcode pairedDifference}: first minus second, over the pairs that both have. */
export interface PairedDifference {
  readonly alphas: readonly number[];
  /** [alphas]: the two numbers over the common pairs, and their difference. */
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly difference: readonly number[];
  readonly intervals: readonly Interval[] | null;
  /**
   * [alphas]: twice the smaller share of resamples in which the difference is not above (not below) zero, at most 1.
   * Small means that the sign of the difference is stable under resampling; null where there is no interval.
   */
  readonly signInstability: readonly number[] | null;
  readonly reason: string | null;
  readonly common: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly level: number;
  readonly resamples: number;
  readonly seed: number;
}

/** One stratum: its members' columns and the weight of its value in the whole. */
interface Stratum {
  readonly members: Int32Array;
  readonly weight: number;
}

/** What is resampled: per pair C numerators and one denominator; a stratum's value is sum / sum. */
interface Columns {
  readonly columns: number;
  /** [pairs][C] */
  readonly numerators: Float64Array;
  /** [pairs] */
  readonly denominators: Float64Array;
  readonly strata: readonly Stratum[];
}

/**
 * Percentile interval of a score by resampling PAIRS with replacement, also for per-point averages: the points of a
 * pair share its pictures and are not independent (cluster bootstrap, Efron & Tibshirani 1993, ch. 8). Averages over
 * categories resample inside each category.
 *
 * @throws RangeError for fewer than 100 resamples or a level outside (0, 1)
 */
export function bootstrap(scores: PairScores, options: BootstrapOptions = {}): Bootstrap {
  const settings = settle(options);
  const columns = columnsOf(scores, everyIndex(scores.pairs));
  const reason = whyNone(columns.strata, scores);
  const samples = reason === null ? resample(columns, settings) : null;
  return {
    ...settings,
    reason,
    intervals: samples?.map((values) => interval(values.sort(), settings.level)) ?? null,
  };
}

/**
 * How much better the first method is than the second on the pairs both were scored on; each resample draws the same
 * pairs for both.
 *
 * @throws InputError for different protocols, benchmarks or alphas, for common pairs with different numbers of points,
 * and where no pair is common
 */
export function pairedDifference(
  first: PairScores,
  second: PairScores,
  options: BootstrapOptions = {},
): PairedDifference {
  const settings = settle(options);
  if (first.protocol !== second.protocol || first.benchmark !== second.benchmark) {
    throw new InputError(
      `Cannot compare scores of ${first.benchmark} under "${first.protocol}" with scores of ${second.benchmark} under ` +
        `"${second.protocol}": score both runs of one benchmark under one protocol`,
    );
  }
  if (first.alphas.join() !== second.alphas.join()) {
    throw new InputError(`Cannot compare scores at alphas ${first.alphas.join(", ")} with ${second.alphas.join(", ")}`);
  }
  const where = new Map(second.ids.map((id, index) => [id, index]));
  const left: number[] = [];
  const right: number[] = [];
  first.ids.forEach((id, index) => {
    const other = where.get(id);
    if (other === undefined) return;
    if (first.counts[index] !== second.counts[other]) {
      throw new InputError(
        `Cannot compare pair "${id}": ${first.counts[index]} points were judged in one and ${
          second.counts[other]
        } in ` +
          "the other; the benchmark changed between the runs",
      );
    }
    left.push(index);
    right.push(other);
  });
  if (left.length === 0) throw new InputError("Cannot compare: the two runs have no pair in common");
  const a = columnsOf(first, Int32Array.from(left));
  const b = columnsOf(second, Int32Array.from(right));
  const A = first.alphas.length;
  const firstValues = valueOf(a);
  const secondValues = valueOf(b);
  const numerators = a.numerators.map((value, index) => value - b.numerators[index]!);
  const difference = { ...a, numerators };
  const reason = whyNone(a.strata, first);
  const samples = reason === null ? resample(difference, settings) : null;
  return {
    ...settings,
    alphas: first.alphas,
    first: firstValues,
    second: secondValues,
    difference: firstValues.map((value, index) => value - secondValues[index]!),
    reason,
    intervals: samples?.map((values) => interval(values.slice().sort(), settings.level)) ?? null,
    signInstability: samples && Array.from({ length: A }, (_, alpha) => instability(samples[alpha]!)),
    common: left.length,
    onlyFirst: first.pairs - left.length,
    onlySecond: second.pairs - left.length,
  };
}

function settle(options: BootstrapOptions): Required<BootstrapOptions> {
  const { resamples = 2000, seed = 0, level = 0.95 } = options;
  if (!(Number.isInteger(resamples) && resamples >= 100)) {
    throw new RangeError(`Cannot bootstrap with ${resamples} resamples: a whole number of at least 100 works`);
  }
  if (!(level > 0 && level < 1)) throw new RangeError(`Cannot bootstrap at level ${level}: it must lie in (0, 1)`);
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`Cannot bootstrap with seed ${seed}: it must be a whole number`);
  }
  return { resamples, seed, level };
}

function everyIndex(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, index) => index);
}

function columnsOf(scores: PairScores, rows: Int32Array): Columns {
  const A = scores.alphas.length;
  const perPoint = scores.average === "point" || scores.average === "category-point";
  const numerators = new Float64Array(rows.length * A);
  const denominators = new Float64Array(rows.length);
  const byCategory = new Map<number, number[]>();
  const macro = scores.average.startsWith("category-");
  rows.forEach((row, index) => {
    const count = scores.counts[row]!;
    for (let a = 0; a < A; a++) numerators[index * A + a] = scores.hits[row * A + a]! / (perPoint ? 1 : count);
    denominators[index] = perPoint ? count : 1;
    const key = macro ? scores.category[row]! : 0;
    const members = byCategory.get(key);
    if (members) members.push(index);
    else byCategory.set(key, [index]);
  });
  const weights = [...byCategory.keys()].map((key) => (macro ? scores.categoryWeights?.[key] : undefined) ?? 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const strata = [...byCategory.values()].map((members, index) => ({
    members: Int32Array.from(members),
    weight: weights[index]! / total,
  }));
  return { columns: A, numerators, denominators, strata };
}

function whyNone(strata: readonly Stratum[], scores: PairScores): string | null {
  const pairs = strata.reduce((sum, { members }) => sum + members.length, 0);
  if (pairs === 1) return "one pair has no spread to resample";
  if (strata.every(({ members }) => members.length === 1)) {
    return `every category of the average "${scores.average}" has one pair, which has no spread to resample`;
  }
  return null;
}

function valueOf({ columns, numerators, denominators, strata }: Columns): number[] {
  const values = new Array<number>(columns).fill(0);
  for (const { members, weight } of strata) {
    let below = 0;
    const above = new Float64Array(columns);
    for (const row of members) {
      below += denominators[row]!;
      for (let c = 0; c < columns; c++) above[c]! += numerators[row * columns + c]!;
    }
    for (let c = 0; c < columns; c++) values[c]! += weight * above[c]! / below;
  }
  return values;
}

/** @returns [columns][resamples] */
function resample(data: Columns, { resamples, seed }: Required<BootstrapOptions>): Float64Array[] {
  const { columns, numerators, denominators, strata } = data;
  const random = new Random(seed);
  const out = Array.from({ length: columns }, () => new Float64Array(resamples));
  const above = new Float64Array(columns);
  for (let r = 0; r < resamples; r++) {
    for (const { members, weight } of strata) {
      const n = members.length;
      above.fill(0);
      let below = 0;
      for (let k = 0; k < n; k++) {
        const row = members[random.below(n)]!;
        below += denominators[row]!;
        const at = row * columns;
        for (let c = 0; c < columns; c++) above[c]! += numerators[at + c]!;
      }
      for (let c = 0; c < columns; c++) out[c]![r]! += weight * above[c]! / below;
    }
  }
  return out;
}

/** @param sorted ascending. Percentiles with linear interpolation between order statistics. */
function interval(sorted: Float64Array, level: number): Interval {
  const at = (share: number) => {
    const position = share * (sorted.length - 1);
    const below = Math.floor(position);
    const low = sorted[below]!;
    return low + (position - below) * (sorted[Math.min(below + 1, sorted.length - 1)]! - low);
  };
  return { low: at((1 - level) / 2), high: at((1 + level) / 2) };
}

function instability(samples: Float64Array): number {
  let notAbove = 0;
  let notBelow = 0;
  for (const value of samples) {
    if (value <= 0) notAbove++;
    if (value >= 0) notBelow++;
  }
  return Math.min(1, 2 * Math.min(notAbove, notBelow) / samples.length);
}
