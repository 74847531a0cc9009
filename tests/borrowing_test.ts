/**
 * Maps are lent to a method until its call ends, then their memory is used again: every method must give the same matches
 * where nothing stays in memory as where all maps do. Random weights, since those of the methods are not here.
 */
import { assert, assertEquals } from "@std/assert";
import { buildMethod } from "../core/build.ts";
import { parseWords, resolveRuns } from "../core/config.ts";
import { Registry } from "../core/registry.ts";
import type { Card, Image, Matches } from "../core/types.ts";
import { buildShapes } from "./_shapes.ts";

const registry = await Registry.open();

/** A backbone whose maps are kept on disk, for methods that take any; those of others are computed again each time. */
const NETWORK = ["backbone=resnet50", "backbone.weights=random", "backbone.size=96"];

/** What a method needs beside its defaults to run here; null: weights that cannot be had. */
const WORDS: { readonly [method: string]: readonly string[] | null } = {
  dift: null,
  "sd-dino": null,
  dinov2: NETWORK,
  "nearest-neighbour": NETWORK,
  dsp: NETWORK,
  gdsp: NETWORK,
  "sift-flow": NETWORK,
  "proposal-flow": [...NETWORK, "region=pooled"],
  "daisy-filter-flow": [...NETWORK, "descriptor=backbone"],
};

async function wordsFor(card: Card): Promise<readonly string[] | null> {
  const own = WORDS[card.name];
  if (own !== undefined) return own;
  const { defaults } = await registry.load({ ...card, kind: "method" });
  return ["backbone.weights=random", ...("weights" in defaults ? ["weights=random"] : [])];
}

async function answers(words: readonly string[], pictures: readonly Image[]): Promise<Matches[]> {
  const [config] = await resolveRuns(registry, [parseWords(words)]);
  await using built = await buildMethod(registry, config!, () => {});
  const points = { n: 3, xy: Float64Array.of(48, 48, 20, 70, 90, 3) };
  const found: Matches[] = [];
  for (const [a, b] of [[0, 1], [1, 2], [2, 3], [0, 1]] as const) {
    found.push(await built.method.correspond(pictures[a]!, pictures[b]!, points));
  }
  return found;
}

for (const card of registry.list("method")) {
  Deno.test(`method ${card.name} keeps nothing of a map beyond its call`, async () => {
    const words = await wordsFor(card);
    if (words === null) return console.log("skipped: its weights cannot be had here");
    const pictures = [];
    for (const { images: { source, target } } of (await buildShapes({ pairs: 2, size: 96 })).pairs) {
      pictures.push(await source.load(), await target.load());
    }
    const dir = await Deno.makeTempDir();
    try {
      const all = [`method=${card.name}`, `run.cache=${dir}`, ...words];
      const held = await answers(all, pictures);
      assert([...Deno.readDirSync(dir)].length > 0, "no map was stored, so that nothing was tried");
      assertEquals(await answers([...all, "run.cache_memory=0"], pictures), held);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}
