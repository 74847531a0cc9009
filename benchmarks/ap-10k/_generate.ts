import { seededOrder } from "../../core/data/seeded_order.ts";
import { type Animal, count, LEAST_COMMON } from "./_animal.ts";
import type { Families } from "./_coco.ts";

export type Setting = "intra-species" | "cross-species" | "cross-family";
export type Split = "test" | "val" | "trn";

/** A pair before it is read in full. */
export interface AnimalPair {
  readonly category: string;
  readonly source: Animal;
  readonly target: Animal;
}

/** Pictures per species in `test` and `val`; the rest is `trn`. */
const PICTURES = { test: 30, val: 20 };
/** Pairs per family, cross-species. */
const PER_FAMILY = { test: 900, val: 400 };
/** Pairs per two families, cross-family; also the pictures of each family that are considered. */
const PER_FAMILIES = { test: 30, val: 20 };

/**
 * The pairs of a setting, by a rule that depends on the annotation's content and the seed only. "Seeded order" is that of
 * `seededOrder()`: by sha256 of `<seed>/<name>`.
 *
 * 1. The pictures of a species in seeded order: the first 30 are test, the next 20 val, the rest trn.
 * 2. Two pictures make a pair when at least three keypoints are visible in both. Its source is the one that comes first
 *    in seeded order.
 * 3. intra-species: all pairs inside each species. cross-species: of the pairs of different species of a family, the
 *    first 900 (test) or 400 (val) in seeded order of their names `source-target`. cross-family: of each family the
 *    first 30 (test) or 20 (val) pictures in seeded order are taken; of the pairs between two families, the first 30 or
 *    20 in seeded order.
 *
 * The numbers are those of Zhang et al., CVPR 2024; their choice of pictures depends on a file system and cannot be
 * rebuilt.
 *
 * @throws {RangeError} for `trn` across species or families, which the setting does not have
 */
export function generatePairs(families: Families, setting: Setting, split: Split, seed: string): AnimalPair[] {
  const everyone = [...families.values()].flatMap((family) => [...family.values()].flat());
  const order = new Map(seededOrder(seed, everyone, ({ name }) => name).map((animal, i) => [animal, i]));
  const inOrder = (animals: readonly Animal[]) => animals.toSorted((a, b) => order.get(a)! - order.get(b)!);
  const pairOf = (category: string) => ([a, b]: readonly [Animal, Animal]): AnimalPair =>
    order.get(a)! < order.get(b)! ? { category, source: a, target: b } : { category, source: b, target: a };
  // family -> species -> the pictures of the split
  const chosen = sorted(families).map(([family, species]) => ({
    family,
    species: sorted(species).map(([name, animals]) => ({ name, animals: partOf(inOrder(animals), split) })),
  }));

  if (setting === "intra-species") {
    return chosen.flatMap(({ species }) => species)
      .flatMap(({ name, animals }) => combinations(animals).filter(share).map(pairOf(name)));
  }
  if (split === "trn") throw new RangeError(`the setting ${setting} has no split trn`);
  if (setting === "cross-species") {
    return chosen.flatMap(({ family, species }) => {
      const all = combinations(species).flatMap(([a, b]) => products(a.animals, b.animals)).map(pairOf(family));
      return seededOrder(seed, all, pairName).slice(0, PER_FAMILY[split]);
    });
  }
  const n = PER_FAMILIES[split];
  const few = chosen.map(({ species }) => inOrder(species.flatMap(({ animals }) => animals)).slice(0, n));
  return combinations(few).flatMap(([a, b]) =>
    seededOrder(seed, products(a, b).map(pairOf("all")), pairName).slice(0, n)
  );
}

/** `source-target`: the name a pair is ordered by. */
export function pairName({ source, target }: AnimalPair): string {
  return `${source.name}-${target.name}`;
}

function partOf(animals: readonly Animal[], split: Split): readonly Animal[] {
  const { test, val } = PICTURES;
  if (split === "test") return animals.slice(0, test);
  return split === "val" ? animals.slice(test, test + val) : animals.slice(test + val);
}

function share([a, b]: readonly [Animal, Animal]): boolean {
  return count(a.visible & b.visible) >= LEAST_COMMON;
}

/** Every two different items, once. */
function combinations<T>(items: readonly T[]): (readonly [T, T])[] {
  return items.flatMap((a, i) => items.slice(i + 1).map((b) => [a, b] as const));
}

/** One of each, where they share enough keypoints. */
function products(as: readonly Animal[], bs: readonly Animal[]): (readonly [Animal, Animal])[] {
  return as.flatMap((a) => bs.map((b) => [a, b] as const)).filter(share);
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}
