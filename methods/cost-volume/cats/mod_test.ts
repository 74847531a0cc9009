import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  axisMap,
  emptyPicture,
  knownBackbone,
  methodContext,
  plainMaps,
  referenceOps,
} from "../../../core/consensus/testing.ts";
import { InputError } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { goldenTest } from "../../../core/golden/testing.ts";
import { TakenWeights, withCheckpoint } from "../../../core/hyper/testing.ts";
import { defaultsOf } from "../../../core/value.ts";
import golden from "./cats.golden.ts";
import plugin, { hyperpixelsOf } from "./mod.ts";
import { takeCats } from "./network.ts";

goldenTest(golden);

type Options = Parameters<typeof plugin.build>[1];

const source = emptyPicture(32, "source"), target = emptyPicture(32, "target");
/** Cell (row, col) of the source shows in the target at (col, row). */
const mirrored = Array.from({ length: 16 }, (_, i) => (i % 4) * 4 + Math.floor(i / 4));
const backbone = knownBackbone({
  source: [axisMap(source, Array.from({ length: 16 }, (_, i) => i))],
  target: [axisMap(target, mirrored)],
});

/** Official names and shapes of a network of one level, 4 x 4 cells and 4 projected channels, all zero. */
function zeros(): Record<string, { readonly shape: readonly number[] }> {
  const weights = new TakenWeights();
  takeCats(weights, [16], { side: 4, projection: 4, depth: 1, heads: 2 });
  return {
    ...weights.taken,
    x_normal: { shape: [4] },
    y_normal: { shape: [4] },
    "feature_extraction.backbone.conv1.weight": { shape: [1] },
  };
}

async function matched(weights: string, own: Partial<Options>, points: [number, number][]) {
  using ops = await referenceOps();
  const options = { ...defaultsOf(plugin.defaults), heads: 2, weights, ...own } as Options;
  const method = await plugin.build(methodContext(backbone, ops, "cats"), options);
  try {
    return [...(await method.correspond(source, target, pointsOf(points))).xy].map((v) => Math.round(v * 1e4) / 1e4);
  } finally {
    await method.close?.();
  }
}

Deno.test("cats whose blocks add nothing follows the correlation through a mirrored picture", async () => {
  await withCheckpoint(zeros(), async (path) => {
    // Cells are 8 pixels wide. The field is (y - x, x - y): at pixel (11, 3) between cells 0.9375 and, kept inside, 0.
    assertEquals(await matched(path, {}, [[11.7, 3.2]]), [3.5, 10.5]);
    assertEquals(await matched(path, { readout: "bilinear" }, [[11.5, 3.5], [11.5, 19.5]]), [3.5, 11.5, 19.5, 11.5]);
  });
});

Deno.test("cats lists what a foreign checkpoint has too much or lacks", async () => {
  const { "decoder.proj.bias": _left, ...rest } = zeros();
  await withCheckpoint({ ...rest, stranger: { shape: [1] } }, async (path) => {
    await assertRejects(() => matched(path, {}, [[0, 0]]), InputError, "decoder.proj.bias");
    await assertRejects(() => matched(path, {}, [[0, 0]]), InputError, "stranger");
  });
});

Deno.test("cats refuses maps that its checkpoint was not trained with", async () => {
  await withCheckpoint(zeros(), async (path) => {
    using ops = await referenceOps();
    const maps = { source: plainMaps(source, [[4, 8]]), target: plainMaps(target, [[4, 8]]) };
    const options = { ...defaultsOf(plugin.defaults), heads: 2, weights: path } as Options;
    const method = await plugin.build(methodContext(knownBackbone(maps), ops, "cats"), options);
    await assertRejects(() => method.correspond(source, target, pointsOf([[0, 0]])), InputError, "hyperpixels=");
    await method.close?.();
  });
});

Deno.test("cats has the official number of parameters", () => {
  // 4624160 and 4511392 with the two lines of 16 numbers that the read-out stores.
  for (const [channels, count] of [[[64, ...Array(7).fill(1024)], 4624160], [[256, ...Array(6).fill(1024)], 4511392]]) {
    const weights = new TakenWeights();
    takeCats(weights, channels as number[], { side: 16, projection: 128, depth: 1, heads: 6 });
    assertEquals(weights.count + 32, count);
  }
});

Deno.test("cats reads its hyperpixels by name or number, and lets its checkpoint stand for ResNet-101", () => {
  assertEquals(hyperpixelsOf([0, 33]), [0, 33]);
  assertThrows(() => hyperpixelsOf("spiar"), InputError, "pf-pascal");
  const options: Options = { ...defaultsOf(plugin.defaults) as Options, weights: "w.pth", hyperpixels: [2, 17] };
  assertEquals(plugin.backboneOptions(options, "resnet101"), { layers: ["2.sum", "17.sum"], weights: "w.pth" });
  assertEquals(plugin.backboneOptions(options, "dinov2-small"), {});
});

Deno.test("cats marks random weights, on maps of any channels", async () => {
  using ops = await referenceOps();
  const maps = { source: plainMaps(source, [[4, 8], [2, 6]]), target: plainMaps(target, [[4, 8], [2, 6]]) };
  const options = { ...defaultsOf(plugin.defaults), weights: "random", side: 4 } as Options;
  const method = await plugin.build(methodContext(knownBackbone(maps), ops, "cats"), options);
  assertEquals(method.meaningless, "random weights");
  const found = await method.correspond(source, target, pointsOf([[3, 4]]));
  assertEquals(found.xy.every((value) => value >= 0 && value <= 31), true);
  await method.close?.();
});
