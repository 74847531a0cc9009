import { basename } from "@std/path";
import { seededOrder } from "../../core/data/seeded_order.ts";
import type { Bird } from "./_birds.ts";

/** Source and target. */
export type BirdPair = readonly [source: Bird, target: Bird];

/** A pair needs this many parts visible in both pictures. */
const LEAST_COMMON = 3;

/** File name of the picture without ending: unique in the release. */
export function stem({ file }: Bird): string {
  return basename(file).replace(/\.[^.]*$/, "");
}

/** Ids of the parts visible in both, ascending. */
export function commonParts(a: Bird, b: Bird): number[] {
  return [...a.parts.keys()].filter((part) => b.parts.has(part)).sort((p, q) => p - q);
}

/** Of the pairs inside each species the first `perSpecies` in seeded order. */
export function insideSpecies(birds: readonly Bird[], perSpecies: number, seed: string): BirdPair[] {
  const groups = Map.groupBy(seededOrder(seed, birds, stem), ({ species }) => species);
  return [...groups].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0).flatMap(([, group]) => {
    const pairs = group.flatMap((a, i) => group.slice(i + 1).map((b): BirdPair => [a, b]))
      .filter(([a, b]) => commonParts(a, b).length >= LEAST_COMMON);
    return seededOrder(seed, pairs, ([a, b]) => `${stem(a)}-${stem(b)}`).slice(0, perSpecies);
  });
}

/** Pairs of any two birds: each with its next in seeded order, then with the one after, until there are `total`. */
export function acrossBirds(birds: readonly Bird[], total: number, seed: string): BirdPair[] {
  const order = seededOrder(seed, birds, stem);
  const pairs: BirdPair[] = [];
  for (let step = 1; step < order.length; step++) {
    for (let i = 0; i + step < order.length; i++) {
      const [a, b] = [order[i]!, order[i + step]!];
      if (commonParts(a, b).length < LEAST_COMMON) continue;
      pairs.push([a, b]);
      if (pairs.length === total) return pairs;
    }
  }
  return pairs;
}
