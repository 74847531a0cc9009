import type { FeatureMap } from "../types.ts";

/**
 * Keeps what was last made from the maps of a picture. Pairs that follow each other share pictures, but what is made
 * from maps may be far larger than they are, so that only the last few are kept.
 */
export function recent<T>(make: (maps: readonly FeatureMap[]) => T, size = 4): (maps: readonly FeatureMap[]) => T {
  const held: { maps: readonly FeatureMap[]; made: T }[] = [];
  return (maps) => {
    const at = held.findIndex((entry) =>
      entry.maps.length === maps.length && entry.maps.every((map, i) => map === maps[i])
    );
    const entry = at >= 0 ? held.splice(at, 1)[0]! : { maps: [...maps], made: make(maps) };
    held.push(entry);
    if (held.length > size) held.shift();
    return entry.made;
  };
}
