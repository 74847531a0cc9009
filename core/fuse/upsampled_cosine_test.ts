import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { identityFrame, sampledGrid } from "../frame.ts";
import { cosine } from "../match/cosine.ts";
import type { CostVolume, FeatureMap, Lattice } from "../types.ts";
import { mapOf, values } from "./_maps.ts";
import { finerGrid, resampleMap } from "./resample.ts";
import { upsampledCosine } from "./upsampled_cosine.ts";

const pixels = ({ frame: { original } }: FeatureMap): Lattice => ({
  frame: identityFrame(original),
  grid: sampledGrid(original.height, original.width, { x: 1, y: 1 }, { x: 0, y: 0 }),
});

const queries = { n: 3, xy: Float64Array.of(0.3, 1.7, 2, 0, 3.6, 2.2) };

for (
  const [name, target] of [
    ["a grid four times finer", ({ frame, grid }: FeatureMap) => ({ frame, grid: finerGrid(grid, 4) })],
    ["the pixels of the picture", pixels],
  ] as const
) {
  Deno.test(`upsampledCosine() on ${name} is the cosine with the upsampled map`, async () => {
    const maps = { source: mapOf(3, 4, 5, values(60)), target: mapOf(4, 3, 5, values(60, 3)) };
    const lazy = await upsampledCosine({ target, eps: 0 }).match(maps) as CostVolume;
    const upsampled = resampleMap(maps.target, target(maps.target), "geometry");
    const plain = await cosine({ eps: 0 }).match({ source: maps.source, target: upsampled }) as CostVolume;
    const [got, want] = [await lazy.sample(queries), await plain.sample(queries)];
    assertEquals(got.length, want.length);
    // float32 sums in another order.
    got.forEach((value, i) => assertAlmostEquals(value, want[i]!, 2e-6));
    assertEquals(await lazy.rows([5]), (await lazy.dense()).slice(5 * got.length / 3, 6 * got.length / 3));
  });
}

Deno.test("upsampledCosine() works on maps of one row or one cell", async () => {
  const source = mapOf(1, 1, 2, [1, 0]);
  const target = (map: FeatureMap) => ({ frame: map.frame, grid: finerGrid(map.grid, 2) });
  const row = await upsampledCosine({ target, eps: 0 }).match({ source, target: mapOf(1, 2, 2, [1, 0, 0, 1]) });
  // Four columns at cells 0 (border), 0.25, 0.75, 1 (border), two equal rows: cosines of (1,0), (.75,.25), (.25,.75), (0,1).
  const want = [1, 0.75 / Math.hypot(0.75, 0.25), 0.25 / Math.hypot(0.75, 0.25), 0];
  const got = await (row as CostVolume).rows([0]);
  assertEquals(got.length, 8);
  got.forEach((value, i) => assertAlmostEquals(value, want[i % 4]!, 1e-6));
});

Deno.test("upsampledCosine() refuses maps of different channels", () => {
  const maps = { source: mapOf(1, 1, 1, [1]), target: mapOf(1, 1, 2, [1, 1]) };
  assertThrows(() => upsampledCosine({ target: pixels }).match(maps), RangeError, "1 and 2 channels");
});
