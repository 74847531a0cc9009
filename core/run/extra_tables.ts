/**
 * Tables beyond the protocol's own number, from the same stored keypoint predictions.
 *
 * @module
 */
import { InputError, messageOf } from "../errors.ts";
import {
  bootstrap,
  type ErrorKinds,
  errorKinds,
  type Interval,
  type KeypointGroups,
  type ScoredPair,
  scoreGeometryAware,
} from "../metrics/mod.ts";
import type { Protocol } from "../protocol/mod.ts";
import type { Benchmark } from "../types.ts";

/** Which tables to make. */
export interface ExtraRequest {
  readonly errors: boolean;
  /** The benchmark's groups of keypoints that look alike; absent: no such table. */
  readonly geometry?: KeypointGroups;
}

/** PCK over the keypoints that have a look-alike visible in the target. */
export interface GeometryTable {
  readonly alphas: readonly number[];
  readonly values: readonly number[];
  readonly intervals: readonly Interval[] | null;
  /** Pairs with such a keypoint, and such keypoints. */
  readonly pairs: number;
  readonly points: number;
  /** Unweighted mean over categories of the share of pairs with such a keypoint; share of such keypoints. */
  readonly pairRatio: number;
  readonly pointRatio: number;
  readonly categories: readonly {
    readonly name: string;
    /** Pairs and keypoints of this kind, and of all kinds. */
    readonly pairs: number;
    readonly points: number;
    readonly ofPairs: number;
    readonly ofPoints: number;
    readonly values: readonly number[];
  }[];
}

/** The tables of one protocol; `notes` says why one could not be made. */
export interface ExtraTables {
  readonly errors?: ErrorKinds;
  readonly geometry?: GeometryTable;
  readonly notes: readonly string[];
}

/** Makes the tables that are asked for. A protocol that has no such table says so in the notes. */
export function extraTables(
  pairs: readonly ScoredPair[],
  protocol: Protocol,
  benchmark: Pick<Benchmark, "name" | "threshold">,
  { errors, geometry }: ExtraRequest,
): ExtraTables {
  const context = { benchmark: benchmark.name, threshold: benchmark.threshold };
  const notes: string[] = [];
  const attempt = <T>(make: () => T): T | undefined => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      notes.push(messageOf(error));
      return undefined;
    }
  };
  const kinds = errors ? attempt(() => errorKinds(pairs, protocol, context)) : undefined;
  const aware = geometry === undefined ? undefined : attempt(() => geometryTable(pairs, protocol, context, geometry));
  return {
    ...(kinds === undefined ? {} : { errors: kinds }),
    ...(aware === undefined ? {} : { geometry: aware }),
    notes,
  };
}

function geometryTable(
  pairs: readonly ScoredPair[],
  protocol: Protocol,
  context: { readonly benchmark: string; readonly threshold: Benchmark["threshold"] },
  groups: KeypointGroups,
): GeometryTable {
  const { scores, pairRatio, pointRatio, categories } = scoreGeometryAware(pairs, protocol, context, groups);
  const values = new Map(scores.categories.map((category) => [category.name, category.values]));
  return {
    alphas: scores.alphas,
    values: scores.values,
    intervals: bootstrap(scores).intervals,
    pairs: scores.pairs,
    points: scores.points,
    pairRatio,
    pointRatio,
    categories: categories.map(({ name, awarePairs, awarePoints, pairs, points }) => ({
      name,
      pairs: awarePairs,
      points: awarePoints,
      ofPairs: pairs,
      ofPoints: points,
      values: values.get(name) ?? [],
    })),
  };
}
