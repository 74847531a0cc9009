import { assertAlmostEquals, assertEquals } from "@std/assert";
import { openOps } from "../../../ffi/mod.ts";
import { divideGrid, identityFrame } from "../../frame.ts";
import type { FeatureMap } from "../../types.ts";
import { appearance, centres, houghConfidence, hyperpixelsOf, offsetSpace, smoothingFilter } from "./matching.ts";
import { receptiveFields, RESNET_FIELDS, withinMargin } from "./receptive_fields.ts";
import { transferPoints } from "./transfer.ts";

Deno.test("receptiveFields() are centred at multiples of the jump, half a field to each side", () => {
  const { xyxy } = receptiveFields({ rows: 2, cols: 2 }, { size: 11, jump: 4 });
  assertEquals([...xyxy], [-5, -5, 5, 5, -1, -5, 9, 5, -5, -1, 5, 9, -1, -1, 9, 9]);
  assertEquals(RESNET_FIELDS.length, 10);
  assertEquals(RESNET_FIELDS[7], { size: 91, jump: 8 });
});

Deno.test("withinMargin() keeps boxes that reach out by no more than the margin, on the far sides by less", () => {
  const xyxy = Float32Array.of(-4, 0, 5, 5, -5, 0, 5, 5, 0, 0, 13, 5, 0, 0, 14, 5, 0, 0, 5, 14);
  assertEquals([...withinMargin({ n: 5, xyxy }, { width: 10, height: 10 }, 4)], [0, 2]);
});

Deno.test("centres() round halves down", () => {
  assertEquals([...centres({ n: 2, xyxy: Float32Array.of(-13, -5, 13, 5, 0, 0, 3, 7) })], [0, 0, 1, 3]);
});

Deno.test("smoothingFilter() sums to 1, and falls to half a quarter of its side from the middle", () => {
  const filter = smoothingFilter(7);
  assertAlmostEquals(filter.reduce((a, b) => a + b), 1, 1e-6);
  // Full width at half maximum is 2.354 sigma = 3.5 cells; one cell away e^(-1 / (2 sigma^2)).
  assertAlmostEquals(filter[3 * 7 + 4]! / filter[3 * 7 + 3]!, Math.exp(-1 / (2 * (3.5 / 2.354) ** 2)), 1e-6);
});

Deno.test("offsetSpace() has about as many square bins as asked for", () => {
  // 128 x 128 pixels in 64 bins: 16 pixels each, and one bin more on each side for what rounding leaves.
  assertEquals(offsetSpace({ width: 64, height: 100 }, { width: 64, height: 28 }, 64), { cell: 16, nx: 9, ny: 9 });
});

Deno.test("transferPoints() averages over covering boxes, each taking the point along to its best target box", () => {
  const source = { n: 2, xyxy: Float32Array.of(0, 0, 10, 10, 4, 0, 14, 10) };
  const target = { n: 3, xyxy: Float32Array.of(100, 50, 110, 60, 200, 0, 210, 10, 0, 0, 10, 10) };
  const confidence = Float32Array.of(0.5, 0.2, 0.5, 0.1, 0.8, 0.3);
  const { xy, score } = transferPoints(Float64Array.of(4, 1, 3, 1, 10, 10, 20, 1), source, target, confidence);
  // (4, 1) lies in both: (100 + 4, 50 + 1) by the first (ties: the lowest), (200 + 0, 0 + 1) by the second.
  assertEquals([...xy], [152, 26, 103, 51, (110 + 206) / 2, (60 + 10) / 2, NaN, NaN]);
  [(0.5 + 0.8) / 2, 0.5, 0.65, -Infinity].forEach((want, i) => assertEquals(score[i], Math.fround(want)));
});

function mapOf(values: number[]): FeatureMap {
  const size = { width: 16, height: 8 };
  return {
    name: "0",
    channels: 2,
    data: Float32Array.from(values),
    frame: identityFrame(size),
    grid: divideGrid(size, 1, 2, "half-pixel"),
  };
}

Deno.test("votes that agree on an offset strengthen each other, for every implementation that can run", async () => {
  // Source cells look like target cells one to the right; the second also looks like itself a little.
  const field = { size: 1, jump: 8 };
  const source = hyperpixelsOf(mapOf([1, 0, 0.6, 0.8]), field, false);
  const target = hyperpixelsOf(mapOf([1, 0, -1, 0]), field, false);
  for (const kind of ["reference", "cpu"] as const) {
    using ops = await openOps({ ops: kind });
    const votes = await appearance(ops, { source, target });
    // Cosines 1, -1, 0.6, -0.6: negative ones do not vote.
    [1, 0, 0.216, 0].forEach((want, i) => assertAlmostEquals(votes[i]!, want, 1e-6));
    const confidence = await houghConfidence(ops, votes, { source, target }, { bins: 8 });
    // 32 x 16 pixels in 8 bins of 8 pixels. Offsets (16 - 0 + 0, 8) and (16 - 8 + 0, 8): neighbouring bins.
    const g = Math.exp(-1 / (2 * (3.5 / 2.354) ** 2));
    const peak = smoothingFilter(7)[24]!;
    const want = [1 * peak * (1 + 0.216 * g), 0, 0.216 * peak * (0.216 + g), 0];
    want.forEach((value, i) => assertAlmostEquals(confidence[i]!, value, 1e-6));
  }
});
