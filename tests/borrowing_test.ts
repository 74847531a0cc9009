/**
 * Maps are lent to a method until its call ends, then their memory is used again: a method must give the same matches
 * where nothing stays in memory as where all maps do. Random weights, since those of networks are not here.
 */
import { assert, assertEquals } from "@std/assert";
import { buildMethod } from "../core/build.ts";
import { parseWords, resolveRuns } from "../core/config.ts";
import { Registry } from "../core/registry.ts";
import type { Image, Matches } from "../core/types.ts";
import { buildShapes } from "./_shapes.ts";

const registry = await Registry.open();

/** A backbone whose maps are kept on disk. */
const NETWORK = ["backbone=resnet50", "backbone.weights=random", "backbone.size=96"];

/** Methods whose random weights need not be drawn first, which would take a test longer than all else. */
const METHODS = ["nearest-neighbour", "dinov2"];

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

for (const name of METHODS) {
  Deno.test(`method ${name} keeps nothing of a map beyond its call`, async () => {
    const pictures = [];
    for (const { images: { source, target } } of (await buildShapes({ pairs: 2, size: 96 })).pairs) {
      pictures.push(await source.load(), await target.load());
    }
    const dir = await Deno.makeTempDir();
    try {
      const all = [`method=${name}`, `run.cache=${dir}`, ...NETWORK];
      const held = await answers(all, pictures);
      assert([...Deno.readDirSync(dir)].length > 0, "no map was stored, so that nothing was tried");
      assertEquals(await answers([...all, "run.cache_memory=0"], pictures), held);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}
