/**
 * Several backbones as one.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { Backbone, BackbonePart, Card, FeatureMap, OptionValue } from "../types.ts";

/**
 * Reads a list of parts: names of backbones, or `label=name` to call a part otherwise, which is needed where one backbone
 * is used twice.
 *
 * @throws InputError for what is no such list, a label that cannot be part of an option's name, or one given twice.
 */
export function parseParts(value: OptionValue): BackbonePart[] {
  const list = typeof value === "string" ? value.split(",") : Array.isArray(value) ? value : [value];
  const parts = list.map((entry): BackbonePart => {
    const [label = "", backbone = label, ...rest] = typeof entry === "string" ? entry.trim().split("=") : [];
    if (!/^[a-z][a-z0-9_-]*$/.test(label) || backbone === "" || rest.length > 0) {
      throw new InputError(
        `Cannot use ${JSON.stringify(entry)} as a part: write a backbone's name, or label=name, as in dino=dinov2-base`,
      );
    }
    return { label, backbone };
  });
  const twice = parts.find(({ label }, i) => parts.findIndex((part) => part.label === label) < i);
  if (twice !== undefined) {
    throw new InputError(
      `Cannot tell two parts "${twice.label}" apart; name them, as in a=${twice.backbone},b=${twice.backbone}`,
    );
  }
  return parts;
}

/**
 * The maps of all parts in the order of the parts, named `<label>/<map>`, each on its own grid; an enhancer joins them.
 */
export function fusedBackbone(card: Pick<Card, "name" | "version">, parts: ReadonlyMap<string, Backbone>): Backbone {
  const identities = Object.fromEntries([...parts].map(([label, { identity }]) => [label, identity]));
  // What is known of a map is kept by the object it is, so that each gets its other name once.
  const renamed = new WeakMap<FeatureMap, FeatureMap>();
  const rename = (label: string, map: FeatureMap): FeatureMap => {
    let other = renamed.get(map);
    if (other === undefined) renamed.set(map, other = { ...map, name: `${label}/${map.name}` });
    return other;
  };
  return {
    identity: `${card.name} v${card.version} ${JSON.stringify(identities)}`,
    keep: "memory",
    async extract(image) {
      const maps: FeatureMap[] = [];
      for (const [label, part] of parts) for (const map of await part.extract(image)) maps.push(rename(label, map));
      return maps;
    },
    async close() {
      for (const part of parts.values()) await part.close?.();
    },
  };
}

/** The maps of one part; all maps where none has a label. */
export function mapsOfPart(maps: readonly FeatureMap[], label: string): FeatureMap[] {
  return maps.filter(({ name }) => name.startsWith(`${label}/`));
}
