import { emptyPicture, knownBackbone, methodContext, nativeOps, plainMaps } from "../../../core/consensus/testing.ts";
import { pointsOf } from "../../../core/frame.ts";
import { defaultsOf } from "../../../core/value.ts";
import plugin from "./mod.ts";

/** One pair from the backbone's maps to the matches of ten points, at the paper's size, weights being random. */
function run(): () => Promise<void> {
  const source = emptyPicture(512, "source"), target = emptyPicture(512, "target");
  const layers = ([[4, 64, 512], [23, 32, 1024], [3, 16, 2048]] as const).flatMap(([count, side, channels]) =>
    Array.from({ length: count }, () => [side, channels] as const)
  );
  const backbone = knownBackbone({ source: plainMaps(source, layers), target: plainMaps(target, layers) });
  const points = pointsOf(Array.from({ length: 10 }, (_, i) => [40 * i, 35 * i]));
  const made = (async () => {
    const options = { ...defaultsOf(plugin.defaults), weights: "random" } as Parameters<typeof plugin.build>[1];
    return await plugin.build(methodContext(backbone, await nativeOps(), "vat"), options);
  })();
  return async () => {
    await (await made).correspond(source, target, points);
  };
}

Deno.bench("vat, 512 px", { group: "vat", n: 3, warmup: 1 }, run());
