import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  emptyPicture,
  knownBackbone,
  methodContext,
  plainMaps,
  referenceOps,
} from "../../../core/consensus/testing.ts";
import { ConfigError, InputError } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { goldenTest } from "../../../core/golden/testing.ts";
import type { Card } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import { RandomWeights } from "../../../core/weights/learned.ts";
import { WeightSet } from "../../../core/weights/set.ts";
import { elementCount, tensorOf, type WeightTensor } from "../../../core/weights/tensor.ts";
import plugin from "./mod.ts";
import { positionsOf } from "./network.ts";
import { OFFICIAL, takeVat, type VatForm } from "./parameters.ts";
import { SWIN_BUFFERS } from "./swin.ts";
import golden from "./vat.golden.ts";
import { fittedWindows, reorder, windowBias, windowOrder } from "./windows.ts";

goldenTest(golden);

type Options = Parameters<typeof plugin.build>[1];

/** The parameters that are asked for, by name. */
function asked(form: VatForm): Map<string, WeightTensor> {
  const tensors = new Map<string, WeightTensor>();
  class Recorder extends RandomWeights {
    override take(name: string, shape: readonly number[]) {
      const tensor = super.take(name, shape);
      tensors.set(name, tensor);
      return tensor;
    }
  }
  takeVat(new Recorder(), "hpn_learner.ours.", form);
  return tensors;
}

Deno.test("vat has the official number of parameters", () => {
  const count = [...asked(OFFICIAL).values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
  assertEquals(count, 3822640);
});

Deno.test("vat takes a checkpoint with its trunk and buffers, and names what is missing", () => {
  const beside = [
    "backbone.conv1.weight",
    "hpn_learner.ours.transformer.0.transformer.layer.blocks.1.attn_mask",
    "hpn_learner.ours.swin_decoder.0.0.transformer.layers.0.blocks.0.attn.relative_position_index",
  ];
  const whole = new Map([
    ...asked(OFFICIAL),
    ...beside.map((name): [string, WeightTensor] => [name, tensorOf(name, [1], Float32Array.of(0))]),
  ]);
  const finish = (tensors: Map<string, WeightTensor>) => {
    const set = new WeightSet("file", tensors);
    takeVat(set, "hpn_learner.ours.", OFFICIAL);
    set.finish("vat", ["backbone.*", ...SWIN_BUFFERS]);
  };
  finish(whole);
  whole.delete("hpn_learner.ours.decoder.2.bias");
  assertThrows(() => finish(whole), InputError, "1 missing (hpn_learner.ours.decoder.2.bias)");
});

Deno.test("windowOrder() without a shift cuts the grid row by row", () => {
  const { cells, length, runs } = windowOrder(fittedWindows([2, 4], 2, false));
  // A window as wide as the shorter side is never shifted, but it is cut.
  assertEquals(length, 4);
  assertEquals([...cells], [0, 1, 4, 5, 2, 3, 6, 7]);
  assertEquals(runs, [{ count: 2, wrapped: [false, false] }]);
});

Deno.test("windowOrder() with a shift wraps around, and brings windows of one mask together", () => {
  const { cells, runs } = windowOrder({ sizes: [4, 4], window: 2, shift: 1 });
  assertEquals(runs.map(({ count, wrapped }) => [count, ...wrapped]), [
    [1, false, false],
    [1, false, true],
    [1, true, false],
    [1, true, true],
  ]);
  assertEquals([...cells.subarray(0, 4)], [5, 6, 9, 10]);
  // The last window holds the four corners of the grid.
  assertEquals([...cells.subarray(12)], [15, 12, 3, 0]);
  assertEquals(reorder(cells, Int32Array.of(15, 0)), [12, 15]);
  assertThrows(() => windowOrder({ sizes: [5, 4], window: 2, shift: 0 }), RangeError, "5 x 4");
});

Deno.test("windowBias() reads the table by differences, and parts what the shift joined", () => {
  const windows = { sizes: [4], window: 2, shift: 1 };
  // Differences -1, 0, 1.
  const table = Float32Array.of(10, 20, 30);
  assertEquals([...windowBias(table, 1, windows, [false])], [20, 10, 30, 20]);
  assertEquals([...windowBias(table, 1, windows, [true])], [20, -90, -70, 20]);
});

Deno.test("positionsOf() turns -1 and 1 into the first and last cells", () => {
  const { to } = positionsOf(Float32Array.of(-1, 1, 0, 0.5, 1, -1, 0, 0), 2, 2);
  assertEquals([...to], [0, 1, 1, 0, 0.5, 0.5, 0.75, 0.5]);
});

Deno.test("vat refuses maps of another size, and without weights says where they are", async () => {
  using ops = await referenceOps();
  const options: Options = { ...defaultsOf(plugin.defaults) as Options, weights: "random" };
  const picture = emptyPicture(32, "picture");
  const layers = [[4, 4], [23, 2], [3, 1]].flatMap(([count, side]) =>
    Array.from({ length: count! }, () => [side!, 4] as const)
  );
  const build = (of: readonly (readonly [number, number])[]) =>
    plugin.build(methodContext(knownBackbone({ picture: plainMaps(picture, of) }), ops, "vat"), options);
  const small = await build(layers);
  assertEquals(small.meaningless, "random weights");
  await assertRejects(() => small.correspond(picture, picture, pointsOf([[0, 0]])), ConfigError, "backbone.size=512");
  const few = await build([[4, 4]]);
  await assertRejects(() => few.correspond(picture, picture, pointsOf([[0, 0]])), ConfigError, "groups of 4, 23, 3");
  const card = {
    name: "vat",
    weights: [{ name: "w.pth", url: "https://example.org/page", licence: "none stated", sha256: "x", source: "x" }],
  } as unknown as Card;
  await assertRejects(
    () => Promise.resolve(plugin.check({ card, log: () => {} }, { ...options, weights: "" })),
    InputError,
    "published at https://example.org/page",
  );
  const own = plugin.backboneOptions({ ...options, weights: "w.pth" }, "resnet101");
  assertEquals(own["weights"], "w.pth");
  assertEquals((own["layers"] as string[]).length, 30);
});
