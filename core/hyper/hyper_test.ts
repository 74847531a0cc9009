import { assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { axisMap, emptyPicture, knownBackbone, plainMaps, referenceOps } from "../consensus/testing.ts";
import { ConfigError, InputError } from "../errors.ts";
import { pointsOf } from "../frame.ts";
import { fill } from "../golden/fill.ts";
import { RandomWeights } from "../weights/learned.ts";
import { correlationStack } from "./correlation.ts";
import { displacements, expectedPositions, normalisedPlanes } from "./field.ts";
import { fieldMethod } from "./method.ts";
import { separable, takeSeparable } from "./separable.ts";
import { hyperOptions, hyperpixelLayers, stagesOf } from "./taps.ts";

Deno.test("hyperpixelLayers() reads bottlenecks before their ReLU, and the pooled stem as 0", () => {
  assertEquals(hyperpixelLayers([0, 8, 30]), ["0", "8.sum", "30.sum"]);
});

Deno.test("hyperOptions() sets layers and trunk of resnet101 only", () => {
  const options = { weights: "w.pth", variant: "" };
  assertEquals(hyperOptions(options, "resnet101", [2], "model_best.pth"), { layers: ["2.sum"], weights: "w.pth" });
  assertEquals(hyperOptions(options, "dinov2-small", [2], "model_best.pth"), {});
});

Deno.test("stagesOf() groups maps by their grid and refuses other groups than asked for", () => {
  const maps = plainMaps(emptyPicture(32, "p"), [[8, 2], [8, 2], [4, 3]]);
  assertEquals(stagesOf(maps).map(({ rows, maps }) => [rows, maps.length]), [[8, 2], [4, 1]]);
  assertThrows(() => stagesOf(maps, [1, 2]), ConfigError, "groups of 2, 1");
});

Deno.test("correlationStack() gives one channel per pair of maps and refuses pairs that differ", async () => {
  using ops = await referenceOps();
  const picture = emptyPicture(16, "p"), a = axisMap(picture, [0, 1, 2, 3]), b = axisMap(picture, [1, 0, 3, 2]);
  using stack = await correlationStack(ops, { first: [a, a], last: [a, b] });
  assertEquals(stack.shape, [1, 2, 2, 2, 2, 2]);
  const values = (await stack.read()).map((value) => Math.round(value * 1e3) / 1e3);
  // Unit vectors divided by 1 + 1e-5: the diagonal, then the exchanged neighbours.
  assertEquals([...values.subarray(0, 4)], [1, 0, 0, 0]);
  assertEquals([...values.subarray(16, 20)], [0, 1, 0, 0]);
  await assertRejects(() => correlationStack(ops, { first: [a], last: [] }), InputError, "pairs");
});

Deno.test("separable() with swapped pairs equals swapping the volume before and after", async () => {
  using ops = await referenceOps();
  const layer = takeSeparable(new RandomWeights(), "layer", {
    inputs: 2,
    outputs: 3,
    kernel: [5, 5, 3, 3],
    stride: [2, 2, 1, 1],
  });
  const size = [1, 2, 3, 4, 5, 2] as const, data = fill(0, "x", size, "uniform");
  const swap = (x: Float32Array, first: number, last: number) =>
    Float32Array.from(x, (_, i) => {
      const cell = i % (first * last), map = i - cell;
      return x[map + cell % first * last + Math.floor(cell / first)]!;
    });
  using x = await ops.tensor(data, size), turned = await ops.tensor(swap(data, 12, 10), [1, 2, 5, 2, 3, 4]);
  const direct = await (await separable(ops, x, layer, true)).take();
  using other = await separable(ops, turned, layer);
  const [, , I, J, K, L] = other.shape as [number, number, number, number, number, number];
  const back = swap(await other.read(), I * J, K * L);
  assertEquals(direct.length, back.length);
  direct.forEach((value, i) => assertAlmostEquals(value, back[i]!, 1e-5));
});

Deno.test("expectedPositions() finds the sharpest cell and the mean of equal ones", async () => {
  using ops = await referenceOps();
  // One asked cell per row; the other picture has 2 x 3 cells.
  const data = Float32Array.of(0, 0, 0, 0, 5, 0, 1, 1, 1, 1, 1, 1);
  const field = await expectedPositions(ops, { rows: 2, cols: 1, other: { rows: 2, cols: 3 }, data });
  assertEquals([...field.to].map((value) => Math.round(value * 1e4) / 1e4), [1, 1, 1, 0.5]);
  assertEquals([...field.score], [5, 1]);
  assertEquals([...displacements(field)].map((value) => Math.round(value * 1e4) / 1e4), [1, 1, 1, -0.5]);
  assertEquals([...normalisedPlanes(field)].map((value) => Math.round(value * 1e4) / 1e4), [0, 0, 1, 0]);
});

Deno.test("fieldMethod() carries points by the official rule only between equal squares, and by the field anywhere", async () => {
  const source = emptyPicture(32, "source"), target = emptyPicture(32, "target"), wide = emptyPicture(64, "wide");
  const maps = (picture: typeof source) => [axisMap(picture, [0, 1, 2, 3])];
  const backbone = knownBackbone({ source: maps(source), target: maps(target), wide: maps(wide) });
  const learned = { set: new RandomWeights(), identity: "random weights", meaningless: "random weights" };
  // Every cell leads to the cell right of it.
  const to = Float32Array.of(1, 0, 1, 0, 1, 1, 1, 1), score = Float32Array.of(1, 2, 3, 4);
  const relate = () => Promise.resolve({ rows: 2, cols: 2, other: { rows: 2, cols: 2 }, to, score });
  const official = fieldMethod({ backbone, learned, readout: "official", relate });
  // Pixel 7.9 is cut to 7, whose displacement is that of the first column: one cell of 16 pixels.
  const moved = await official.correspond(source, target, pointsOf([[7.9, 7.2], [24, 24]]));
  assertEquals([...moved.xy], [23, 7, 24, 24]);
  assertEquals([...moved.score], [1, 4]);
  await assertRejects(() => official.correspond(source, wide, pointsOf([[1, 1]])), ConfigError, "readout=bilinear");
  const bilinear = fieldMethod({ backbone, learned, readout: "bilinear", relate });
  assertEquals([...(await bilinear.correspond(source, wide, pointsOf([[7.5, 7.5]]))).xy], [47.5, 15.5]);
  assertEquals(official.meaningless, "random weights");
});
