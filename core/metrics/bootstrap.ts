import {
  type BootstrapOptions,
  columnsOf,
  everyIndex,
  type Interval,
  interval,
  resample,
  settle,
  whyNone,
} from "./_resample.ts";
import type { PairScores } from "./types.ts";

export type { BootstrapOptions, Interval };

/** The result of {@linkcode bootstrap}. */
export interface Bootstrap {
  /** [alphas]; null where none can be given, and `reason` says why. */
  readonly intervals: readonly Interval[] | null;
  readonly reason: string | null;
  readonly level: number;
  readonly resamples: number;
  readonly seed: number;
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
