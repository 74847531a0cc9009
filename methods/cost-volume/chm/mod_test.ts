import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import {
  bumpMap,
  countParameters,
  emptyPicture,
  knownBackbone,
  methodContext,
  referenceOps,
  withCheckpoint,
} from "../../../core/consensus/testing.ts";
import { ConfigError, InputError } from "../../../core/errors.ts";
import { divideGrid, pointsOf } from "../../../core/frame.ts";
import type { FeatureMap, Image } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import { takeLearner } from "./checkpoint.ts";
import { classes, WINDOW } from "./kernel.ts";
import plugin from "./mod.ts";

type Options = Parameters<typeof plugin.build>[1];

const source = emptyPicture(40, "source"), target = emptyPicture(80, "target");

const SIDE = 6, CHANNELS = 16;

function bumps(picture: Image, turned: boolean, name = "layer3"): FeatureMap {
  return bumpMap(picture, { side: SIDE, channels: CHANNELS, turned, name });
}

/** [length], 0 but for some places. */
function sparse(length: number, places: readonly number[], value = 1): Float32Array {
  const data = new Float32Array(length);
  for (const place of places) data[place] = value;
  return data;
}

/**
 * A checkpoint of kind psi that changes nothing: convolutions copy the first four channels, and the only parameter that
 * is not 0 is that of offsets 0 in both pictures. The last layer is so large that the soft-max is sharp.
 */
function checkpoint(): [name: string, tensor: { shape: number[]; data: Float32Array }][] {
  const centre = classes("psi").of[Math.floor(WINDOW / 2)]!, outputs = CHANNELS / 4;
  const copies = sparse(outputs * CHANNELS * 9, [0, 1, 2, 3].map((o) => (o * CHANNELS + o) * 9 + 4));
  const entry = (
    name: string,
    shape: number[],
    data: Float32Array,
  ): [string, { shape: number[]; data: Float32Array }] => [
    name,
    { shape, data },
  ];
  return [
    ...[0, 1, 2].map((i) => entry(`learner.conv2ds.${i}.weight`, [outputs, CHANNELS, 3, 3], copies)),
    ...[0, 1, 2, 3].map((group) =>
      entry(`learner.chm6d.param.${group}`, [55], sparse(55, group === 0 ? [centre] : []))
    ),
    entry("learner.chm6d.bias", [1], Float32Array.of(0)),
    entry("learner.chm4d.weight", [55], sparse(55, [centre], 4000)),
    entry("learner.chm4d.bias", [1], Float32Array.of(-2000)),
    entry("backbone.conv1.weight", [1], Float32Array.of(0)),
  ];
}

async function build(options: Partial<Options>, maps: { source: FeatureMap[]; target: FeatureMap[] }) {
  const ops = await referenceOps();
  const all = { ...defaultsOf(plugin.defaults), ...options } as Options;
  return await plugin.build(methodContext(knownBackbone(maps), ops, "chm"), all);
}

Deno.test("each kind of learner has as many parameters as the official one", () => {
  const counts = (["psi", "iso", "full"] as const).map((kind) =>
    countParameters((set) => takeLearner(set, { kind, channels: 1024 }))
  );
  assertEquals(counts, [7078165, 7077950, 7084140]);
});

Deno.test("chm runs every kind of kernel, marks random weights, and gives a dense field on twice the side", async () => {
  const maps = { source: [bumps(source, false)], target: [bumps(target, true)] };
  for (const kernel of ["psi", "iso", "full"]) {
    const method = await build({ weights: "random", kernel, channels: CHANNELS }, maps);
    assertEquals(method.meaningless, "random weights");
    const { xy, n } = await method.correspond(source, target, pointsOf([[0, 0], [39, 12.5]]));
    assertEquals(n, 2);
    assert([...xy].every((value) => value >= 0 && value <= 79), kernel);
    await method.close!();
  }
  const method = await build({ weights: "random", channels: CHANNELS }, maps);
  const { data, source: lattice } = await method.flow!(source, target);
  assertEquals([lattice.grid.rows, data.length], [12, 288]);
  assert(data.every((value) => value >= 0 && value <= 79));
  await method.close!();
});

Deno.test("chm takes an official checkpoint by exact names, and lists what a foreign one lacks", async () => {
  const maps = { source: [bumps(source, false)], target: [bumps(target, true)] };
  await withCheckpoint(checkpoint(), "F32", async (weights) => {
    const method = await build({ weights }, maps);
    assertEquals(method.meaningless, undefined);
    // Rows and columns change places, and the target is twice as large; one cell of the volume is 7 pixels there.
    const { xy } = await method.correspond(source, target, pointsOf([[6, 30], [34, 18]]));
    [60, 12, 36, 68].forEach((wanted, i) => assertAlmostEquals(xy[i]!, wanted, 5));
    await method.close!();
  });
  await withCheckpoint(checkpoint().slice(1), "F32", async (weights) => {
    await assertRejects(() => build({ weights }, maps), InputError, "learner.conv2ds.0.weight");
  });
  const more = { shape: [1], data: Float32Array.of(0) };
  await withCheckpoint([...checkpoint(), ["learner.more", more]], "F32", async (weights) => {
    await assertRejects(() => build({ weights }, maps), InputError, "learner.more");
  });
});

Deno.test("chm reads target pictures through the second network where the backbone has one", async () => {
  const flat = (picture: Image, name: string): FeatureMap => {
    const map = bumps(picture, false, name);
    return { ...map, data: map.data.map(() => 1) };
  };
  const points = pointsOf([[7, 30]]);
  const answer = async (second: FeatureMap) => {
    const maps = {
      // What a source's second map or a target's first map holds must not matter.
      source: [bumps(source, false), flat(source, "second.layer3")],
      target: [flat(target, "layer3"), second],
    };
    const method = await build({ weights: "random", channels: CHANNELS, kernel: "full" }, maps);
    const found = await method.correspond(source, target, points);
    await method.close!();
    return found;
  };
  const plain = await build({ weights: "random", channels: CHANNELS, kernel: "full" }, {
    source: [bumps(source, false)],
    target: [bumps(target, true)],
  });
  const wanted = await plain.correspond(source, target, points);
  await plain.close!();
  assertEquals((await answer(bumps(target, true, "second.layer3"))).score, wanted.score);
  assert((await answer(bumps(target, false, "second.layer3"))).score[0] !== wanted.score[0]);
});

Deno.test("chm refuses maps that are not square or have other channels than its weights", async () => {
  const wide = { ...bumps(target, false), grid: divideGrid(target, 4, 9, "half-pixel") };
  const method = await build({ weights: "random", channels: CHANNELS }, {
    source: [bumps(source, false)],
    target: [wide],
  });
  await assertRejects(() => method.correspond(source, target, pointsOf([[0, 0]])), ConfigError, "fit=stretch");
  const other = await build({ weights: "random" }, { source: [bumps(source, false)], target: [bumps(target, false)] });
  await assertRejects(() => other.correspond(source, target, pointsOf([[0, 0]])), ConfigError, "1024");
});

Deno.test("chm lets its checkpoint stand for ResNet-101, and leaves other backbones alone", () => {
  const options = { ...defaultsOf(plugin.defaults), weights: "absent.pt" } as Options;
  assertEquals(plugin.backboneOptions(options, "resnet101"), { weights: "absent.pt" });
  assertEquals(plugin.backboneOptions(options, "dinov2-small"), {});
});
