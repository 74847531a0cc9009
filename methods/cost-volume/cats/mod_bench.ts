import { emptyPicture, knownBackbone, methodContext, nativeOps, plainMaps } from "../../../core/consensus/testing.ts";
import { pointsOf } from "../../../core/frame.ts";
import { defaultsOf } from "../../../core/value.ts";
import plugin from "./mod.ts";

/** One pair from the backbone's maps to the matches of ten points, at the paper's size, weights being random. */
function run(own: Partial<Parameters<typeof plugin.build>[1]>): () => Promise<void> {
  const source = emptyPicture(256, "source"), target = emptyPicture(256, "target");
  const layers = [[64, 64], ...Array.from({ length: 7 }, () => [16, 1024] as const)] as const;
  const maps = { source: plainMaps(source, layers), target: plainMaps(target, layers) };
  const points = pointsOf(Array.from({ length: 10 }, (_, i) => [23 * i, 19 * i]));
  const made = (async () => {
    const options = { ...defaultsOf(plugin.defaults), weights: "random", ...own } as Parameters<typeof plugin.build>[1];
    return await plugin.build(methodContext(knownBackbone(maps), await nativeOps(), "cats"), options);
  })();
  return async () => {
    await (await made).correspond(source, target, points);
  };
}

Deno.bench("cats, 256 px: everything behind the backbone", { group: "cats" }, run({}));
