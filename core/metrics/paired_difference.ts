import { InputError } from "../errors.ts";
import {
  type BootstrapOptions,
  columnsOf,
  type Interval,
  interval,
  resample,
  settle,
  valueOf,
  whyNone,
} from "./_resample.ts";
import type { PairScores } from "./types.ts";

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

function instability(samples: Float64Array): number {
  let notAbove = 0;
  let notBelow = 0;
  for (const value of samples) {
    if (value <= 0) notAbove++;
    if (value >= 0) notBelow++;
  }
  return Math.min(1, 2 * Math.min(notAbove, notBelow) / samples.length);
}
