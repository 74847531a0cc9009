import { emptyPicture, knownBackbone, methodContext, nativeOps, plainMaps } from "../../../core/consensus/testing.ts";
import { pointsOf } from "../../../core/frame.ts";
import { defaultsOf } from "../../../core/value.ts";
import plugin from "./mod.ts";

/** One pair from the backbone's maps to the matches of ten points, at the paper's size, weights being random. */
function run(own: Partial<Parameters<typeof plugin.build>[1]>): () => Promise<void> {
  const source = emptyPicture(400, "source"), target = emptyPicture(400, "target");
  const maps = { source: plainMaps(source, [[25, 1024]]), target: plainMaps(target, [[25, 1024]]) };
  const points = pointsOf(Array.from({ length: 10 }, (_, i) => [37 * i, 31 * i]));
  const made = (async () => {
    const options = { ...defaultsOf(plugin.defaults), weights: "random", ...own } as Parameters<typeof plugin.build>[1];
    return await plugin.build(methodContext(knownBackbone(maps), await nativeOps(), "nc-net"), options);
  })();
  return async () => {
    await (await made).correspond(source, target, points);
  };
}

Deno.bench("nc-net, 400 px: kernels 5-5-5, channels 16-16-1", { group: "nc-net" }, run({}));

Deno.bench(
  "nc-net, 400 px: kernels 3-3, channels 16-1",
  { group: "nc-net" },
  run({ kernels: [3, 3], channels: [16, 1] }),
);
