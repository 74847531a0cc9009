/**
 * Joins backbone, enhancer, matcher, aggregators and localizer into a Method.
 *
 * @module
 */
import { ConfigError } from "./errors.ts";
import { clampPoints, toCells, toPoints } from "./frame.ts";
import { followFlow } from "./match/sample.ts";
import type {
  Aggregator,
  Backbone,
  CostVolume,
  Enhancer,
  FeatureMap,
  Flow,
  Image,
  Localizer,
  Matcher,
  Matches,
  Method,
  Pair,
  Points,
} from "./types.ts";

/**
 * The maps of both pictures of a pair. They are asked for together: the second picture is prepared while the first runs,
 * and backbones may run both in one batch.
 */
export async function extractPair(backbone: Backbone, source: Image, target: Image): Promise<Pair<FeatureMap[]>> {
  const [own, other] = await Promise.all([backbone.extract(source), backbone.extract(target)]);
  return { source: own, target: other };
}

/** The parts of a composed method, in the order of the pipeline. */
export interface Parts {
  readonly backbone: Backbone;
  /** Default: the backbone's only map, as it is. */
  readonly enhancer?: Enhancer;
  readonly matcher: Matcher;
  readonly aggregators?: readonly Aggregator[];
  readonly localizer: Localizer;
}

/**
 * The pipeline of most methods:
 * `Image -> Backbone -> Enhancer -> Matcher -> Aggregators -> Localizer -> Matches`.
 *
 * Predictions are kept inside the target picture, since a match outside it cannot be right.
 *
 * @example
 * ```ts
 * build: ({ backbone, localizer }) => compose({ backbone, matcher: cosine(), localizer })
 * ```
 */
export function compose(parts: Parts): Method {
  const { backbone, enhancer = onlyMap, matcher, aggregators = [], localizer } = parts;

  async function relate(source: Image, target: Image): Promise<CostVolume | Flow> {
    const maps = await enhancer.enhance(await extractPair(backbone, source, target));
    let found = await matcher.match(maps);
    for (const aggregator of aggregators) {
      if (!isVolume(found)) throw new TypeError("Cannot aggregate a flow: aggregators work on cost volumes");
      found = await aggregator.aggregate(found, maps);
    }
    return found;
  }

  return {
    async correspond(source, target, points) {
      const found = await relate(source, target);
      if (!isVolume(found)) return withinPicture(followFlow(found, points), target);
      return await readOut(found, points, target, localizer);
    },
    async flow(source, target) {
      const found = await relate(source, target);
      return isVolume(found) ? await denseFlow(found, target, localizer) : found;
    },
    async close() {
      await backbone.close?.();
    },
  };
}

/** Whether a matcher's answer is a volume rather than a flow. */
export function isVolume(found: CostVolume | Flow): found is CostVolume {
  return "rows" in found;
}

/** The enhancer of backbones with a single map. Throws ConfigError when there are more: something must join them. */
export const onlyMap: Enhancer = {
  enhance({ source, target }: Pair<FeatureMap[]>) {
    if (source.length !== 1 || target.length !== 1) {
      throw new ConfigError(
        `Cannot choose among ${source.length} maps (${
          source.map((map) => map.name).join(", ")
        }): this method needs one; ` +
          `choose one layer, or a method that joins them`,
      );
    }
    return Promise.resolve({ source: source[0]!, target: target[0]! });
  },
};

/** Reads target points of source points out of a volume. */
export async function readOut(
  volume: CostVolume,
  points: Points,
  target: Image,
  localizer: Localizer,
): Promise<Matches> {
  const cells = await localizer.localize(volume, toCells(points, volume.source));
  return withinPicture({ ...toPoints(cells, volume.target), score: cells.score }, target);
}

function withinPicture(matches: Matches, target: Image): Matches {
  return { ...clampPoints(matches, target), score: matches.score };
}

/** Rows per block of a dense read-out: a block of similarities stays well under the cache of one core. */
const BLOCK = 64;

/** The dense field of a volume: every source cell is a query. */
export async function denseFlow(volume: CostVolume, target: Image, localizer: Localizer): Promise<Flow> {
  const { rows, cols } = volume.source.grid;
  const count = rows * cols;
  const data = new Float32Array(count * 2);
  const confidence = new Float32Array(count);
  for (let start = 0; start < count; start += BLOCK) {
    const n = Math.min(BLOCK, count - start);
    const xy = new Float64Array(2 * n);
    for (let i = 0; i < n; i++) {
      xy[2 * i] = (start + i) % cols;
      xy[2 * i + 1] = Math.floor((start + i) / cols);
    }
    const cells = await localizer.localize(volume, { n, xy });
    data.set(clampPoints(toPoints(cells, volume.target), target).xy, 2 * start);
    confidence.set(cells.score, start);
  }
  return { source: volume.source, target: volume.target, data, confidence };
}
