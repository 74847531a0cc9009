/**
 * Several maps of one picture as one: resampled to the grid of the first, weighed, and laid side by side.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import type { Enhancer, FeatureMap } from "../types.ts";
import { recent } from "./recent.ts";
import { resampleMap, type Resampling } from "./resample.ts";

/** How maps are joined. */
export interface ConcatOptions {
  /** Divide every descriptor by its length, per map and before resampling. Default true. */
  readonly normalise?: boolean;
  /** Added to the lengths. Default 1e-6. */
  readonly eps?: number;
  /** A factor per map, after normalisation; absent or empty: 1 each. */
  readonly weights?: readonly number[];
  /** How the other maps meet the grid of the first. Default geometry. */
  readonly resampling?: Resampling;
}

/**
 * Descriptors divided by their length: `plus` by |v| + eps, `max` by max(|v|, eps) as torch does. A descriptor of zeros
 * stays zero.
 */
export function normaliseMap(map: FeatureMap, eps = 1e-6, rule: "plus" | "max" = "plus"): FeatureMap {
  const { channels, data } = map;
  const out = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += channels) {
    let sum = 0;
    for (let i = start; i < start + channels; i++) sum += data[i]! * data[i]!;
    const length = rule === "plus" ? Math.sqrt(sum) + eps : Math.max(Math.sqrt(sum), eps);
    const scale = length > 0 ? 1 / length : 0;
    for (let i = start; i < start + channels; i++) out[i] = data[i]! * scale;
  }
  return { ...map, data: out };
}

/**
 * Joins maps of one picture: [rows][cols][sum of channels] on the grid of the first.
 *
 * @throws ConfigError where there is no map, or not one weight per map.
 */
export function concatMaps(maps: readonly FeatureMap[], options: ConcatOptions = {}): FeatureMap {
  const { normalise = true, eps = 1e-6, weights = [], resampling = "geometry" } = options;
  const [first] = maps;
  if (first === undefined) throw new ConfigError("Cannot join maps: there is none");
  if (weights.length !== 0 && weights.length !== maps.length) {
    throw new ConfigError(
      `Cannot weigh ${maps.length} maps (${maps.map((map) => map.name).join(", ")}) with ${weights.length} weights; ` +
        "give one per map, in this order",
    );
  }
  const count = first.grid.rows * first.grid.cols;
  const channels = maps.reduce((sum, map) => sum + map.channels, 0);
  const data = new Float32Array(count * channels);
  let start = 0;
  maps.forEach((map, part) => {
    const { data: own, channels: width } = resampleMap(normalise ? normaliseMap(map, eps) : map, first, resampling);
    const weight = weights[part] ?? 1;
    for (let i = 0, from = 0; i < count; i++) {
      for (let to = i * channels + start, end = to + width; to < end; to++) data[to] = own[from++]! * weight;
    }
    start += width;
  });
  return { name: maps.map((map) => map.name).join("+"), channels, data, frame: first.frame, grid: first.grid };
}

/** {@linkcode concatMaps} for both pictures of a pair. */
export function concat(options: ConcatOptions = {}): Enhancer {
  const join = recent((maps) => concatMaps(maps, options));
  return { enhance: ({ source, target }) => Promise.try(() => ({ source: join(source), target: join(target) })) };
}
