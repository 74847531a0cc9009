import { type BootstrapOptions, everyIndex, type Interval, interval, resample, settle } from "./_resample.ts";

/**
 * Percentile bootstrap interval of a mean, values drawn with replacement; null for fewer than two, which have no spread.
 * Given the differences of two methods pair by pair, it is the interval of their paired difference.
 *
 * @throws RangeError for fewer than 100 resamples or a level outside (0, 1)
 */
export function meanInterval(values: ArrayLike<number>, options: BootstrapOptions = {}): Interval | null {
  const settings = settle(options);
  if (values.length < 2) return null;
  const [means] = resample({
    columns: 1,
    numerators: Float64Array.from(values),
    denominators: new Float64Array(values.length).fill(1),
    strata: [{ members: everyIndex(values.length), weight: 1 }],
  }, settings);
  return interval(means!.sort(), settings.level);
}
