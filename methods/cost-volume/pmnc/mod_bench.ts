import { takeStack } from "../../../core/consensus/layers.ts";
import { bestOfRows } from "../../../core/consensus/matches.ts";
import { benchPair, emptyPicture, nativeOps, plainMaps } from "../../../core/consensus/testing.ts";
import { convolve, correlation, descriptorsOf } from "../../../core/consensus/volume.ts";
import { RandomWeights } from "../../../core/weights/learned.ts";
import plugin, { matched } from "./mod.ts";

Deno.bench("pmnc, 400 px, from maps to the matches of ten points", benchPair(plugin, "pmnc", 400, [[25, 1024]]));

/** Weights are random, so that hardly any candidate repeats another: the search at its most expensive. */
for (const side of [25, 50, 75]) {
  const picture = emptyPicture(400, "source"), other = emptyPicture(400, "target");
  const maps = { source: plainMaps(picture, [[side, 1024]])[0]!, target: plainMaps(other, [[side, 1024]])[0]! };
  const layers = takeStack(new RandomWeights(), "score", { kernels: [3, 3], channels: [16, 1] });
  const opened = nativeOps(), group = `${side} x ${side} cells`;
  Deno.bench(`${group}: scores at PatchMatch's candidates`, { group, baseline: true }, async () => {
    await matched(await opened, maps, layers, { start: "nearest", rounds: 5, radius: 8, seed: 0 });
  });
  Deno.bench(`${group}: the network on the whole volume, the best of each row`, { group }, async () => {
    const ops = await opened, pair = { source: descriptorsOf(maps.source), target: descriptorsOf(maps.target) };
    const { data } = await convolve(ops, await correlation(ops, pair), layers);
    bestOfRows(data, side * side, side * side, false);
  });
}
