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

/** One stratum: its members' columns and the weight of its value in the whole. */
interface Stratum {
  readonly members: Int32Array;
  readonly weight: number;
}

/** What is resampled: per pair C numerators and one denominator; a stratum's value is sum / sum. */
export interface Columns {
  readonly columns: number;
  /** [pairs][C] */
  readonly numerators: Float64Array;
  /** [pairs] */
  readonly denominators: Float64Array;
  readonly strata: readonly Stratum[];
}

/** Fills in what is left out. @throws RangeError for settings that cannot give an interval */
export function settle(options: BootstrapOptions): Required<BootstrapOptions> {
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

/** 0 .. n - 1 */
export function everyIndex(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, index) => index);
}

/** The pairs of `rows` as columns to resample, in the score's own average. */
export function columnsOf(scores: PairScores, rows: Int32Array): Columns {
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

/** Why no interval can be given; null: one can. */
export function whyNone(strata: readonly Stratum[], scores: PairScores): string | null {
  const pairs = strata.reduce((sum, { members }) => sum + members.length, 0);
  if (pairs === 1) return "one pair has no spread to resample";
  if (strata.every(({ members }) => members.length === 1)) {
    return `every category of the average "${scores.average}" has one pair, which has no spread to resample`;
  }
  return null;
}

/** [columns]: the values of the data as it is. */
export function valueOf({ columns, numerators, denominators, strata }: Columns): number[] {
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

/** Draws each stratum's members with replacement. @returns [columns][resamples] */
export function resample(data: Columns, { resamples, seed }: Required<BootstrapOptions>): Float64Array[] {
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

/** @param sorted ascending values. Percentiles with linear interpolation between order statistics. */
export function interval(sorted: Float64Array, level: number): Interval {
  const at = (share: number) => {
    const position = share * (sorted.length - 1);
    const below = Math.floor(position);
    const low = sorted[below]!;
    return low + (position - below) * (sorted[Math.min(below + 1, sorted.length - 1)]! - low);
  };
  return { low: at((1 - level) / 2), high: at((1 + level) / 2) };
}
