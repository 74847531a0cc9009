import { InputError, messageOf } from "../errors.ts";
import type { GoldenCheck } from "../golden/types.ts";
import { loadProtocol } from "../protocol/mod.ts";
import type { Protocol } from "../protocol/types.ts";
import {
  alphasOf,
  byAlpha,
  compare,
  isMap,
  type Json,
  type JsonMap,
  singleMeanTolerance,
  TOLERANCE,
} from "./_golden_compare.ts";
import { averageEndpointError, endpointErrors, pooledPck } from "./endpoint.ts";
import { errorKinds } from "./error_kinds.ts";
import { type KeypointGroups, renumberedGroups, scoreGeometryAware } from "./geometry_aware.ts";
import { scorePairs } from "./pck.ts";
import type { ScoreContext, ScoredPair } from "./types.ts";

type Xy = readonly (readonly [number, number])[];

/** A recorded pair. */
export interface RecordedPair {
  readonly id: string;
  readonly category: string;
  readonly kind?: string;
  readonly source_size: readonly [number, number];
  readonly target_size: readonly [number, number];
  readonly source_box: readonly [number, number, number, number];
  readonly target_box: readonly [number, number, number, number];
  readonly source_points: Xy;
  readonly target_points: Xy;
  readonly predicted_points: Xy;
  readonly predicted_source_points: Xy;
  readonly keypoint_ids?: readonly number[];
  readonly source_only_ids?: readonly number[];
  readonly target_only_ids?: readonly number[];
}

/** A file of pairs with the values of every evaluator. */
export interface RecordedSet {
  readonly benchmark: string;
  readonly pairs: readonly RecordedPair[];
  readonly expected: { readonly [name: string]: JsonMap };
}

const CONTEXTS: { readonly [kind: string]: ScoreContext } = {
  spair: { benchmark: "spair-71k", threshold: "box" },
  pfwillow: { benchmark: "pf-willow", threshold: "keypoints" },
  pfpascal: { benchmark: "pf-pascal", threshold: "image" },
};

function contextOf(kind: string): ScoreContext {
  const context = CONTEXTS[kind];
  if (context === undefined) throw new InputError(`Cannot run recorded pairs of kind "${kind}"`);
  return context;
}

function points(xy: Xy) {
  return { n: xy.length, xy: Float64Array.from(xy.flat()) };
}

export function scored(pair: RecordedPair): ScoredPair {
  const size = ([width, height]: readonly [number, number]) => ({ width, height });
  const box = ([x1, y1, x2, y2]: RecordedPair["source_box"]) => ({ x1, y1, x2, y2 });
  return {
    id: pair.id,
    category: pair.category,
    sizes: { source: size(pair.source_size), target: size(pair.target_size) },
    points: { source: points(pair.source_points), target: points(pair.target_points) },
    boxes: { source: box(pair.source_box), target: box(pair.target_box) },
    predicted: { target: points(pair.predicted_points), source: points(pair.predicted_source_points) },
    ...(pair.keypoint_ids ? { keypoints: pair.keypoint_ids.map(String) } : {}),
    unmatched: {
      source: (pair.source_only_ids ?? []).map(String),
      target: (pair.target_only_ids ?? []).map(String),
    },
  };
}

/** `spair`, `pfwillow`, `pfpascal`: one set, many evaluators. */
export async function* runSet(file: string, set: RecordedSet): AsyncIterable<GoldenCheck> {
  const pairs = set.pairs.map(scored);
  for (const [name, expected] of Object.entries(set.expected)) {
    yield* runProtocol(`${file}/${name}`, name, pairs, contextOf(set.benchmark), expected);
  }
}

/** `edge`, `boundary`: one set per pair. */
export async function* runEach(file: string, set: RecordedSet): AsyncIterable<GoldenCheck> {
  for (const pair of set.pairs) {
    for (const [name, expected] of Object.entries(set.expected[pair.id] ?? {})) {
      if (!isMap(expected)) continue;
      yield* runProtocol(`${file}/${pair.id}/${name}`, name, [scored(pair)], contextOf(pair.kind ?? ""), expected);
    }
  }
}

async function* runProtocol(
  label: string,
  name: string,
  pairs: readonly ScoredPair[],
  context: ScoreContext,
  expected: JsonMap,
): AsyncIterable<GoldenCheck> {
  try {
    const protocol = await loadProtocol(name);
    const alphas = isMap(expected.pck) ? alphasOf(expected.pck) : protocol.alphas;
    if (expected.error !== undefined) {
      scorePairs(pairs, protocol, context);
      yield { name: `${label}/error`, error: Infinity, tolerance: 0, pass: false, note: "scored, but must be refused" };
      return;
    }
    for (const [key, value] of Object.entries(expected)) {
      const actual = await compute(key, pairs, protocol, { ...context, alphas }, expected);
      const tolerance = key === "AEPE" && typeof value === "number" ? singleMeanTolerance(value) : TOLERANCE;
      yield compare(`${label}/${key}`, value, actual, tolerance);
    }
  } catch (error) {
    const refused = expected.error !== undefined && (error instanceof InputError || error instanceof RangeError);
    yield {
      name: `${label}/error`,
      error: refused ? 0 : Infinity,
      tolerance: refused ? 0 : TOLERANCE,
      pass: refused,
      note: messageOf(error),
    };
  }
}

async function compute(
  key: string,
  pairs: readonly ScoredPair[],
  protocol: Protocol,
  options: ScoreContext & { alphas: readonly number[] },
  expected: JsonMap,
): Promise<unknown> {
  const { alphas } = options;
  const values = async (name: string) => byAlpha(alphas, scorePairs(pairs, await loadProtocol(name), options).values);
  switch (key) {
    case "pck": {
      const scores = scorePairs(pairs, protocol, options);
      return { ...byAlpha(alphas, scores.values), pairs: scores.pairs };
    }
    case "per_category": {
      const { categories } = scorePairs(pairs, protocol, options);
      return Object.fromEntries(categories.map((group) => [group.name, byAlpha(alphas, group.values)]));
    }
    case "category_weights":
      return scorePairs(pairs, protocol, options).categories.map((group) =>
        protocol.average === "point" ? group.points : group.pairs
      );
    case "jitter":
    case "miss":
    case "swap":
      return byAlpha(alphas, errorKinds(pairs, protocol, options)[key]);
    case "pck_dagger":
      return byAlpha(alphas, errorKinds(pairs, protocol, options).dagger);
    case "mean_of_pairs":
      return await values(protocol.name.replace(/point$/, "image"));
    case "weighted_by_fixed_pair_counts":
      return await values(`${protocol.name}-fixed-weights`);
    case "AEPE":
      return averageEndpointError(endpointErrors(pairs, protocol, options));
    case "pck_per_dataset_last_threshold":
      return byAlpha(alphas, pooledPck(endpointErrors(pairs, protocol, options), alphas, "last"));
    case "pck_curve_alpha":
      return expected[key];
    case "pck_curve_per_image":
      return scorePairs(pairs, protocol, { ...options, alphas: expected.pck_curve_alpha as readonly number[] }).values;
    default:
      return undefined;
  }
}

/** The geometry-aware numbers of GeoAware-SC, over the pairs of another file. */
export async function* runGeometryAware(
  file: string,
  pairs: readonly ScoredPair[],
  subgroups: JsonMap,
  expected: { readonly [name: string]: JsonMap },
): AsyncIterable<GoldenCheck> {
  const context = contextOf("spair");
  const groups: KeypointGroups = Object.fromEntries(
    Object.entries(subgroups).map(([category, list]) => [
      category,
      (list as readonly Json[]).map((group) => (Array.isArray(group) ? group : [group]).map(String)),
    ]),
  );
  for (const [name, values] of Object.entries(expected)) {
    if (name !== "geoaware-840-geo") {
      yield* runProtocol(`${file}/${name}`, name, pairs, context, values);
      continue;
    }
    for (const [key, value] of Object.entries(values)) {
      yield compare(`${file}/${name}/${key}`, value, await geometryAware(key, pairs, groups, context, value));
    }
  }
}

async function geometryAware(
  key: string,
  pairs: readonly ScoredPair[],
  groups: KeypointGroups,
  context: ScoreContext,
  expected: Json,
): Promise<unknown> {
  const alphas = isMap(expected) && alphasOf(expected).length > 0 ? alphasOf(expected) : [0.1, 0.05, 0.01];
  const options = { ...context, alphas };
  // pck_train.py renumbers the groups; eval_spair.py, which per-image values come from, does not.
  const trained = async () =>
    scoreGeometryAware(pairs, await loadProtocol("geoaware-840-point"), options, renumberedGroups(pairs, groups));
  const evaluated = async (average: string) =>
    scoreGeometryAware(pairs, await loadProtocol(`geoaware-840-${average}-via-eval_spair`), options, groups).scores;
  switch (key) {
    case "geo_per_category": {
      const { scores, categories } = await trained();
      return Object.fromEntries(categories.map((own) => [own.name, {
        pair_ratio: own.awarePairs / own.pairs,
        keypoint_ratio: own.awarePoints / own.points,
        count: own.awarePoints,
        ...byAlpha(alphas, scores.categories.find(({ name }) => name === own.name)?.values ?? []),
      }]));
    }
    case "geo_per_point":
      return byAlpha(alphas, (await trained()).scores.values);
    case "geo_pair_ratio":
      return (await trained()).pairRatio;
    case "geo_keypoint_ratio":
      return (await trained()).pointRatio;
    case "geo_per_image": {
      const scores = await evaluated("image");
      return { ...byAlpha(alphas, scores.values), pairs: scores.pairs };
    }
    case "geo_per_point_eval_spair": {
      const scores = await evaluated("point");
      return { ...byAlpha(alphas, scores.values), points: scores.points };
    }
    case "per_image_eval_spair": {
      const scores = scorePairs(pairs, await loadProtocol("geoaware-840-image-via-eval_spair"), options);
      return { ...byAlpha(alphas, scores.values), pairs: scores.pairs };
    }
    default:
      return undefined;
  }
}
