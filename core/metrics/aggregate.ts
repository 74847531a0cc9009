import { InputError } from "../errors.ts";
import type { Protocol } from "../protocol/types.ts";
import type { Difficulty } from "../types.ts";
import type { GroupScore, PairScores, ScoreContext, ScoredPair } from "./types.ts";

const FIELDS = ["viewpoint", "scale", "truncation", "occlusion"] as const satisfies readonly (keyof Difficulty)[];

/** Sums over the pairs of one group. */
class Group {
  pairs = 0;
  points = 0;
  /** [alphas]: sum of the pairs' shares, and of their hits. */
  readonly shares: Float64Array;
  readonly hits: Float64Array;
  constructor(readonly name: string, alphas: number) {
    this.shares = new Float64Array(alphas);
    this.hits = new Float64Array(alphas);
  }
  add(hits: Uint32Array, at: number, count: number): void {
    this.pairs++;
    this.points += count;
    for (let a = 0; a < this.hits.length; a++) {
      this.hits[a]! += hits[at + a]!;
      this.shares[a]! += hits[at + a]! / count;
    }
  }
  values(perPoint: boolean): number[] {
    return Array.from(perPoint ? this.hits : this.shares, (sum) => sum / (perPoint ? this.points : this.pairs));
  }
  score(perPoint: boolean): GroupScore {
    return { name: this.name, pairs: this.pairs, points: this.points, values: this.values(perPoint) };
  }
}

/** What aggregation asks of a protocol; those of dense flow tell it too. */
export type Averaging = Pick<Protocol, "name" | "average" | "categoryWeights">;

/** Per-pair hits -> the protocol's number and its tables. Pairs with a count of zero are left out and noted. */
export function aggregate(
  pairs: readonly Pick<ScoredPair, "id" | "category" | "difficulty">[],
  protocol: Averaging,
  context: ScoreContext,
  alphas: readonly number[],
  counts: Uint32Array,
  hits: Uint32Array,
  notes: string[],
): PairScores {
  const A = alphas.length;
  const perPoint = protocol.average === "point" || protocol.average === "category-point";
  const all = new Group("all", A);
  const categories = new Map<string, { index: number; group: Group }>();
  const levels = new Map<string, Map<number, Group>>();
  const ids: string[] = [];
  const category = new Int32Array(pairs.length);
  let kept = 0;
  for (let p = 0; p < pairs.length; p++) {
    const count = counts[p]!;
    if (count === 0) continue;
    const pair = pairs[p]!;
    let own = categories.get(pair.category);
    if (own === undefined) {
      own = { index: categories.size, group: new Group(pair.category, A) };
      categories.set(pair.category, own);
    }
    all.add(hits, p * A, count);
    own.group.add(hits, p * A, count);
    for (const field of FIELDS) {
      const level = pair.difficulty?.[field];
      if (level === undefined) continue;
      const table = levels.get(field) ?? new Map<number, Group>();
      levels.set(field, table);
      const group = table.get(level) ?? new Group(String(level), A);
      table.set(level, group);
      group.add(hits, p * A, count);
    }
    ids.push(pair.id);
    category[kept] = own.index;
    counts[kept] = count;
    hits.copyWithin(kept * A, p * A, (p + 1) * A);
    kept++;
  }
  if (kept === 0) throw new InputError("Cannot score: no pair has a point to judge");
  if (kept < pairs.length) notes.push(`${pairs.length - kept} of ${pairs.length} pairs have no point to judge`);
  const table = [...categories.values()].map(({ group }) => group.score(perPoint));
  const weights = categoryWeights(table, protocol, context);
  return {
    protocol: protocol.name,
    benchmark: context.benchmark,
    average: protocol.average,
    alphas,
    values: protocol.average.startsWith("category-") ? weighted(table, weights, A) : all.values(perPoint),
    categories: table,
    difficulty: Object.fromEntries(
      [...levels].map(([field, groups]) => [
        field,
        [...groups].sort((a, b) => a[0] - b[0]).map(([, group]) => group.score(perPoint)),
      ]),
    ),
    pairs: kept,
    points: all.points,
    ids,
    category: category.slice(0, kept),
    counts: counts.slice(0, kept),
    hits: hits.slice(0, kept * A),
    categoryWeights: weights,
    notes,
  };
}

function categoryWeights(table: readonly GroupScore[], protocol: Averaging, context: ScoreContext): number[] | null {
  const weights = protocol.categoryWeights?.[context.threshold];
  if (weights === undefined) return null;
  const found = table.map(({ name }) => name);
  const missing = Object.keys(weights).filter((name) => !found.includes(name));
  const unknown = found.filter((name) => weights[name] === undefined);
  if (missing.length > 0 || unknown.length > 0) {
    throw new InputError(
      `Cannot score under "${protocol.name}": its weights need every category once; ` +
        [missing.length ? `missing: ${missing.join(", ")}` : "", unknown.length ? `unknown: ${unknown.join(", ")}` : ""]
          .filter(Boolean).join("; "),
    );
  }
  return found.map((name) => weights[name]!);
}

function weighted(table: readonly GroupScore[], weights: readonly number[] | null, alphas: number): number[] {
  const sum = new Array<number>(alphas).fill(0);
  let total = 0;
  table.forEach((group, c) => {
    const weight = weights?.[c] ?? 1;
    total += weight;
    group.values.forEach((value, a) => sum[a]! += weight * value);
  });
  return sum.map((value) => value / total);
}
