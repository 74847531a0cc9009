import { knownBackbone, methodContext, nativeOps } from "../../../core/consensus/testing.ts";
import { divideGrid, identityFrame, pointsOf } from "../../../core/frame.ts";
import { fill } from "../../../core/golden/fill.ts";
import type { FeatureMap, Image } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import plugin from "./mod.ts";

const BLOCKS = [3, 4, 23, 3], CHANNELS = [256, 512, 1024, 2048];

/** Every bottleneck's map of a picture of 320 x 224 pixels, whose stages have the given strides. */
function mapsOf(picture: Image, strides: readonly number[]): FeatureMap[] {
  return strides.flatMap((stride, s) =>
    Array.from({ length: BLOCKS[s]! }, (_, j): FeatureMap => {
      const rows = picture.height / stride, cols = picture.width / stride, channels = CHANNELS[s]!;
      const data = fill(j, `${picture.origin} ${s}`, [rows, cols, channels], "uniform").map((value) =>
        Math.max(value, 0)
      );
      const grid = divideGrid(picture, rows, cols, "half-pixel");
      return { name: `${s}.${j}`, channels, data, frame: identityFrame(picture), grid };
    })
  );
}

/**
 * One pair from the backbone's maps to the matches of ten points, at the paper's size, weights being random. Maps are
 * given under a new identity each time, so that nothing made of them is at hand.
 */
function run(strides: readonly number[]): () => Promise<void> {
  const picture = (name: string): Image => ({
    width: 320,
    height: 224,
    data: new Uint8Array(320 * 224 * 3),
    sha256: name,
    origin: name,
  });
  const source = picture("source"), target = picture("target");
  const maps = { source: mapsOf(source, strides), target: mapsOf(target, strides) };
  const known = knownBackbone(maps);
  const fresh = { ...known, extract: async (image: Image) => (await known.extract(image)).map((map) => ({ ...map })) };
  const points = pointsOf(Array.from({ length: 10 }, (_, i) => [30 * i, 22 * i]));
  const made = (async () => {
    const options = { ...defaultsOf(plugin.defaults), weights: "random" } as Parameters<typeof plugin.build>[1];
    return await plugin.build(methodContext(fresh, await nativeOps(), "mmnet"), options);
  })();
  return async () => {
    await (await made).correspond(source, target, points);
  };
}

Deno.bench("mmnet, 320 x 224 px: stages of a dilated ResNet-101", { group: "mmnet" }, run([4, 8, 8, 8]));

Deno.bench("mmnet, 320 x 224 px: stages of a ResNet-101", { group: "mmnet" }, run([4, 8, 16, 32]));
