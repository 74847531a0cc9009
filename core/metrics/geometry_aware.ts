import { InputError } from "../errors.ts";
import type { Protocol } from "../protocol/types.ts";
import { type ScoreOptions, scorePairs } from "./pck.ts";
import type { PairScores, ScoredPair } from "./types.ts";

/**
 * Keypoints that look alike (left and right ear, the four legs), by category. A group of one never counts; keypoints in
 * no group may be left out.
 */
export type KeypointGroups = { readonly [category: string]: readonly (readonly string[])[] };

/** How many pairs and points of a category are geometry-aware. */
export interface GeometryAwareCategory {
  readonly name: string;
  readonly pairs: number;
  readonly points: number;
  readonly awarePairs: number;
  readonly awarePoints: number;
}

/** The result of {@linkcode scoreGeometryAware}. */
export interface GeometryAwareScores {
  /** The protocol's scores over geometry-aware points; pairs without one do not count. */
  readonly scores: PairScores;
  /** Unweighted mean over categories of the share of pairs with such a point. */
  readonly pairRatio: number;
  /** Share of such points among all. */
  readonly pointRatio: number;
  readonly categories: readonly GeometryAwareCategory[];
}

/**
 * Marks the keypoints whose group has at least two members visible in the TARGET: telling them apart needs geometry, not
 * looks (Zhang et al., "Telling Left from Right", CVPR 2024). Members visible in the source only never count.
 *
 * @returns [points], 0 or 1
 * @throws InputError where the pair does not name its keypoints or its category has no groups
 */
export function geometryAwareMask(pair: ScoredPair, groups: KeypointGroups): Uint8Array {
  const n = pair.points.target.n;
  if (pair.keypoints === undefined || pair.keypoints.length !== n) {
    throw new InputError(
      `Cannot find geometry-aware points of pair "${pair.id}": keypoints names ${pair.keypoints?.length ?? 0} of ${n}`,
    );
  }
  const own = groups[pair.category];
  if (own === undefined) {
    throw new InputError(
      `Cannot find geometry-aware points of pair "${pair.id}": there are no keypoint groups for "${pair.category}"`,
    );
  }
  const visible = new Set([...pair.keypoints, ...(pair.unmatched?.target ?? [])]);
  const aware = new Set<string>();
  for (const group of own) {
    if (group.filter((id) => visible.has(id)).length >= 2) group.forEach((id) => aware.add(id));
  }
  return Uint8Array.from(pair.keypoints, (id) => aware.has(id) ? 1 : 0);
}

/** {@linkcode scorePairs} over geometry-aware points only, and how many there are. */
export function scoreGeometryAware(
  pairs: readonly ScoredPair[],
  protocol: Protocol,
  options: Omit<ScoreOptions, "select">,
  groups: KeypointGroups,
): GeometryAwareScores {
  const counts = new Map<string, { pairs: number; points: number; awarePairs: number; awarePoints: number }>();
  const select = (pair: ScoredPair) => {
    const mask = geometryAwareMask(pair, groups);
    const own = counts.get(pair.category) ?? { pairs: 0, points: 0, awarePairs: 0, awarePoints: 0 };
    counts.set(pair.category, own);
    const aware = mask.reduce((sum, bit) => sum + bit, 0);
    own.pairs++;
    own.points += mask.length;
    own.awarePoints += aware;
    if (aware > 0) own.awarePairs++;
    return mask;
  };
  const scores = scorePairs(pairs, protocol, { ...options, select });
  const categories = [...counts].map(([name, count]) => ({ name, ...count }));
  const sum = (of: (category: GeometryAwareCategory) => number) =>
    categories.reduce((total, category) => total + of(category), 0);
  return {
    scores,
    pairRatio: sum((category) => category.awarePairs / category.pairs) / categories.length,
    pointRatio: sum((category) => category.awarePoints) / sum((category) => category.points),
    categories,
  };
}

/**
 * The groups that the official training script really uses. DEFECT of GeoAware-SC's pck_train.py, kept to reproduce its
 * numbers: it numbers the used keypoints in the order of its nested lists, but its arrays hold them in ascending order, so
 * groups that interleave (bus, car) name the wrong keypoints. Its eval_spair.py does not have this defect.
 *
 * @param pairs all pairs of the evaluation: a keypoint is used where any picture of its category shows it. Ids must be
 * whole numbers.
 */
export function renumberedGroups(pairs: readonly ScoredPair[], groups: KeypointGroups): KeypointGroups {
  const used = new Map<string, Set<number>>();
  for (const pair of pairs) {
    const own = used.get(pair.category) ?? new Set<number>();
    used.set(pair.category, own);
    for (
      const id of [...(pair.keypoints ?? []), ...(pair.unmatched?.source ?? []), ...(pair.unmatched?.target ?? [])]
    ) {
      own.add(Number(id));
    }
  }
  return Object.fromEntries([...used].map(([category, ids]) => {
    const sorted = [...ids].sort((a, b) => a - b);
    let next = 0;
    const renumbered = (groups[category] ?? []).map((group) =>
      group.filter((id) => ids.has(Number(id))).map(() => String(sorted[next++]))
    );
    return [category, renumbered.filter((group) => group.length > 0)];
  }));
}
