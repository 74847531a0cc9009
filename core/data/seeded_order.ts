import { createHash } from "node:crypto";

/**
 * The items in an order that depends on the seed and on each item's own name, and on nothing else: not on the order they
 * came in (a file system's, a JSON file's) and not on which other items there are. Removing one item leaves the order of
 * the rest as it was.
 *
 * Rule, so that others can rebuild it: sort by the hex sha256 of `<seed>/<name>` (UTF-8), then by name.
 *
 * @param nameOf a name that is unique among the items
 */
export function seededOrder<T>(seed: string, items: Iterable<T>, nameOf: (item: T) => string): T[] {
  return Array.from(items, (item) => {
    const name = nameOf(item);
    return { item, name, key: createHash("sha256").update(`${seed}/${name}`).digest("hex") };
  })
    .sort((a, b) => compare(a.key, b.key) || compare(a.name, b.name))
    .map(({ item }) => item);
}

// By code unit: a locale's order would differ between machines.
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
