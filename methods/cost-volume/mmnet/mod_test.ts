import { assert, assertEquals, assertRejects } from "@std/assert";
import { axisMap, emptyPicture, knownBackbone, methodContext, referenceOps } from "../../../core/consensus/testing.ts";
import type { Descriptors } from "../../../core/consensus/volume.ts";
import { ConfigError, InputError } from "../../../core/errors.ts";
import { divideGrid, identityFrame, pointsOf, toCells, upperLeftLattice } from "../../../core/frame.ts";
import { fill } from "../../../core/golden/fill.ts";
import { goldenTest } from "../../../core/golden/testing.ts";
import { nearest } from "../../../core/localize/nearest.ts";
import type { Card, FeatureMap, Image } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import { RandomWeights } from "../../../core/weights/learned.ts";
import { WeightSet } from "../../../core/weights/set.ts";
import { elementCount, tensorOf, type WeightTensor } from "../../../core/weights/tensor.ts";
import golden from "./mmnet.golden.ts";
import plugin from "./mod.ts";
import { STAGE_CHANNELS, takeMmnet, UNUSED } from "./parameters.ts";
import { accumulatedVolume } from "./volume.ts";

goldenTest(golden);

type Options = Parameters<typeof plugin.build>[1];

function optionsWith(own: Partial<Options>): Options {
  return { ...defaultsOf(plugin.defaults) as Options, weights: "random", ...own };
}

/** The parameters that are asked for, by name. */
function asked(blocks: readonly number[]): Map<string, WeightTensor> {
  const tensors = new Map<string, WeightTensor>();
  class Recorder extends RandomWeights {
    override take(name: string, shape: readonly number[]) {
      const tensor = super.take(name, shape);
      tensors.set(name, tensor);
      return tensor;
    }
  }
  takeMmnet(new Recorder(), blocks);
  return tensors;
}

Deno.test("mmnet's head has the official number of parameters for ResNet-101 and ResNet-50", () => {
  const count = (blocks: readonly number[]) =>
    [...asked(blocks).values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
  assertEquals(count([3, 4, 23, 3]), 10351542);
  assertEquals(count([3, 4, 6, 3]), 4854065);
});

Deno.test("mmnet takes a checkpoint with its unused members, and lists what is foreign or missing", async (t) => {
  const one = (name: string): [string, WeightTensor] => [name, tensorOf(name, [1], Float32Array.of(1))];
  const unused = ["backbone.conv1.0.weight", "upsample_16.weight", "feature_upsample_2.weight", "msblock0.conv.weight"];
  const rest = ["conv0_1_down.weight", "conv2_kernel.bias"];
  const whole = new Map([...asked([1, 2, 1, 1]), ...[...unused, ...rest].map(one)]);
  await t.step("blocks are counted by their names", () => {
    const set = new WeightSet("whole", whole);
    assertEquals(takeMmnet(set, []).map(({ blocks }) => blocks.length), [1, 2, 1, 1]);
    set.finish("mmnet", UNUSED);
  });
  await t.step("faults are named", async () => {
    const broken = new WeightSet(
      "broken",
      new Map([...whole, one("head.weight")].filter(([n]) => n !== "wa_2.conv_g.bias")),
    );
    takeMmnet(broken, []);
    await assertRejects(
      () => Promise.resolve().then(() => broken.finish("mmnet", UNUSED)),
      InputError,
      "1 missing (wa_2.conv_g.bias); 1 unexpected (head.weight)",
    );
  });
});

/** A map of one channel. */
function level(rows: number, cols: number, values: readonly number[]): Descriptors {
  return { rows, cols, channels: 1, data: Float32Array.from(values) };
}

Deno.test("accumulatedVolume() adds each coarser level's similarities, repeated along both pairs", async () => {
  using ops = await referenceOps();
  // Two levels as large as each other, then one half as large: 2 x 2, 2 x 2, 1 x 1.
  const source = [level(2, 2, [1, 2, 3, 4]), level(2, 2, [10, 0, 0, 0]), level(1, 1, [100])];
  const target = [level(2, 2, [1, 0, 0, 1]), level(2, 2, [0, 1, 0, 0]), level(1, 1, [1])];
  const lattice = upperLeftLattice({ width: 4, height: 4 }, 2, 2);
  const volume = accumulatedVolume(ops, { source, target }, 0, { source: lattice, target: lattice });
  assertEquals([...await volume.rows([0, 3])], [101, 110, 100, 101, 104, 100, 100, 104]);
  const dense = await volume.dense();
  assertEquals([...dense.subarray(0, 4), ...dense.subarray(12)], [...await volume.rows([0, 3])]);
  // Halfway between cells 0 and 1, and beyond the last column: rows are blended, and the border is what is left.
  const { data } = { data: await volume.sample({ n: 2, xy: Float64Array.of(0.5, 0, 1.9, 0) }) };
  assertEquals([...data], [101.5, 105, 100, 101.5, 102, 100, 100, 102]);
});

Deno.test("mmnet's points and cells are ratios: a cell means its upper left corner", async () => {
  using ops = await referenceOps();
  const corner = upperLeftLattice({ width: 8, height: 4 }, 2, 4);
  const map = level(2, 4, [0, 0, 0, 0, 0, 0, 0, 1]);
  const volume = accumulatedVolume(ops, { source: [map], target: [map] }, 0, { source: corner, target: corner });
  const cells = await nearest.build().localize(volume, toCells(pointsOf([[7, 3]]), corner));
  assertEquals([...cells.xy], [3, 1]);
});

function picture(name: string): Image {
  return { ...emptyPicture(64, name) };
}

function maps(of: Image, blocks: readonly number[], strides: readonly number[]): FeatureMap[] {
  return blocks.flatMap((count, s) =>
    Array.from({ length: count }, (_, j): FeatureMap => {
      const side = of.width / strides[s]!, channels = STAGE_CHANNELS[s]!;
      const data = fill(j, `${of.origin}${s}`, [side, side, channels], "uniform");
      return {
        name: `${s}.${j}`,
        channels,
        data,
        frame: identityFrame(of),
        grid: divideGrid(of, side, side, "half-pixel"),
      };
    })
  );
}

Deno.test("mmnet matches points and a dense field from a picture's own copy, at every level", async () => {
  using ops = await referenceOps();
  const source = picture("source");
  for (const strides of [[4, 8, 16, 32], [4, 8, 8, 8]]) {
    const known = maps(source, [1, 1, 1, 1], strides);
    for (const at of [1, 4]) {
      const options = optionsWith({ blocks: [1, 1, 1, 1], level: at });
      const method = await plugin.build(methodContext(knownBackbone({ source: known }), ops, "mmnet"), options);
      assertEquals(method.meaningless, "random weights");
      const { xy, n } = await method.correspond(source, source, pointsOf([[0, 0], [63, 63], [31, 7]]));
      const stride = strides[at - 1]!;
      assert([...xy].every((value) => value % stride === 0 && value >= 0 && value <= 63), `${xy}`);
      assertEquals(n, 3);
      const flow = await method.flow!(source, source);
      assertEquals(flow.data.length, 2 * (64 / stride) ** 2);
      await method.close!();
    }
  }
});

Deno.test("mmnet refuses maps that are not a ResNet's, and stages that do not double", async () => {
  using ops = await referenceOps();
  const source = picture("source");
  const options = optionsWith({ blocks: [1, 1, 1, 1] });
  const build = (of: FeatureMap[]) => plugin.build(methodContext(knownBackbone({ source: of }), ops, "mmnet"), options);
  const wrong = await build([axisMap(source, [0, 1, 2, 3])]);
  await assertRejects(
    () => wrong.correspond(source, source, pointsOf([[0, 0]])),
    ConfigError,
    "backbone.layers=[1, 2, 3, 4]",
  );
  const uneven = await build(maps(source, [1, 1, 1, 1], [4, 16, 32, 32]));
  await assertRejects(() => uneven.correspond(source, source, pointsOf([[0, 0]])), ConfigError, "[320, 224]");
});

Deno.test("mmnet without weights says in one line where they are, and feeds its trunk to the backbone it fits", async () => {
  const card = {
    name: "mmnet",
    weights: [{ name: "w.pth", url: "https://example.org/page", licence: "none stated", sha256: "x", source: "x" }],
  } as unknown as Card;
  const options = { ...defaultsOf(plugin.defaults) } as Options;
  await assertRejects(
    () => Promise.resolve(plugin.check({ card, log: () => {} }, options)),
    InputError,
    "published at https://example.org/page",
  );
  const own = { ...options, weights: "w.pth" };
  assertEquals(plugin.backboneOptions(own, "fcn-resnet101"), { weights: "w.pth" });
  assertEquals(plugin.backboneOptions(own, "resnet101"), { weights: "w.pth" });
  assertEquals(plugin.backboneOptions(options, "resnet101"), {});
  assertEquals(plugin.backboneOptions(own, "dinov2-small"), {});
});
