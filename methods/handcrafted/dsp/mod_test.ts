import { assert, assertEquals, assertRejects } from "@std/assert";
import { buildMethod } from "../../../core/build.ts";
import { parseWords, resolveRuns } from "../../../core/config.ts";
import { InputError } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { Registry } from "../../../core/registry.ts";
import { assertFlowOfOddPictures, picture } from "../../../core/testing/odd_pictures.ts";
import { sharedPath, sharedTest } from "../../../core/testing/shared.ts";
import { WILLOW, willowPck } from "../../../core/testing/willow.ts";
import { openOps } from "../../../ffi/mod.ts";
import { Dsp } from "./dsp.ts";
import { solve } from "./solver.ts";
import { nodeAt } from "../../../core/pyramid/graph.ts";
import { type CostSize, NodeSums } from "../../../core/pyramid/nodes.ts";

const registry = await Registry.open();

async function build(...words: string[]) {
  const [config] = await resolveRuns(registry, [parseWords(["method=dsp", "run.cache_disk=0", ...words])]);
  return await buildMethod(registry, config!, () => {});
}

/** Smooth texture without period. */
const texture = (x: number, y: number) =>
  128 + 60 * Math.sin(x / 2.3 + Math.sin(y / 5.1) * 2) + 60 * Math.sin(y / 2.9 + Math.sin(x / 7.7) * 3);

Deno.test("dsp finds a shift of a textured picture", async () => {
  await using built = await build();
  const source = picture(64, 48, texture, "a"), target = picture(64, 48, (x, y) => texture(x - 7, y + 5), "b");
  const { xy, score } = await built.method.correspond(source, target, pointsOf([[20, 20], [31.4, 25.2], [40, 30]]));
  assertEquals([...xy].map((v) => Math.round(v * 1e6) / 1e6), [27, 15, 38.4, 20.2, 47, 25]);
  assert(score.every((v) => v <= 0));
});

Deno.test("dsp gives a flow for flat, tiny and very long pictures, inside the target and the same every time", async () => {
  await using built = await build();
  await assertFlowOfOddPictures(built.method, texture);
});

Deno.test("dsp with corrected=true, and on another backbone, also finds the shift", async () => {
  const source = picture(64, 48, texture, "a"), target = picture(64, 48, (x, y) => texture(x - 8, y + 4), "b");
  for (const words of [["corrected=true"], ["backbone=sift-flow-descriptor"]]) {
    await using built = await build(...words);
    const { xy } = await built.method.correspond(source, target, pointsOf([[31, 25]]));
    assertEquals([...xy], [39, 21]);
  }
});

Deno.test("dsp with scales gives a pixel of an enlarged picture the larger descriptor, which fits better", async () => {
  const slow = (x: number, y: number) => texture(x / 2, y / 2);
  const source = picture(64, 48, slow, "a"), target = picture(64, 48, (x, y) => slow(16 + x / 2, 12 + y / 2), "b");
  await using single = await build();
  await using several = await build("scales=[0.5,1,2]");
  assert(single.method instanceof Dsp && several.method instanceof Dsp);
  const { found: one } = await single.method.match(source, target);
  const { found: many } = await several.method.match(source, target);
  // Indices follow 1, 0.5, 2. The middle of the source is what the target shows.
  const middle = (_: unknown, p: number) => Math.abs(p % 64 - 32) < 10 && Math.abs(Math.floor(p / 64) - 24) < 8;
  const chosen = many.scale.filter(middle);
  assert(chosen.filter((s) => s === 2).length > 0.7 * chosen.length, `${chosen}`);
  assert(one.scale.every((s) => s === 0));
  const mean = (values: Float32Array) => values.reduce((sum, v) => sum + v, 0) / values.length;
  assert(mean(many.cost.filter(middle)) < 0.8 * mean(one.cost.filter(middle)));
  assertEquals(many.states, one.states);
});

Deno.test("dsp finds the same by descriptors made block by block and by whole maps", async () => {
  const pictures = [
    picture(231, 117, texture, "a"),
    picture(120, 190, (x, y) => texture(x - 7, y + 5), "b"),
  ];
  await using built = await build();
  using ops = await openOps({ ops: "cpu" });
  const { backbone } = built;
  const options = {
    levels: 2,
    samples: 2500,
    bound: 500,
    stretch: 0.005,
    stretchBound: 0.25,
    iterations: 50,
    deform: 2.5,
    scaleCost: 10,
    corrected: false,
  };
  const found = await Promise.all([backbone.extractParts!, backbone.extract].map(async (extract) => {
    const maps = await Promise.all(pictures.map(async (image) => (await extract(image))[0]!));
    return await solve(ops, maps[0]!, [{ scale: 1, map: () => Promise.resolve(maps[1]!) }], options);
  }));
  assertEquals(found[0], found[1]);
  assert(new Set(found[0]!.flow).size > 5);
  assertEquals(ops.live, 0);
});

Deno.test("dsp refuses scales without 1", async () => {
  await assertRejects(() => build("scales=[0.5,2]"), InputError, "Cannot use [0.5,2] as scales of dsp");
});

Deno.test("dsp refuses a backbone of several maps, naming them", async () => {
  await using built = await build("backbone=dense-sift", "backbone.bin=[4,6]");
  const image = picture(40, 40, texture);
  await assertRejects(() => built.method.flow!(image, image), InputError, "Cannot run dsp on 2 maps (sift-4, sift-6)");
});

/** Of costs that come all at once. */
function nodeCosts(costs: Float32Array, size: CostSize, levels: number, whole: boolean) {
  const sums = new NodeSums(size, levels, whole);
  sums.add(costs, 0);
  return sums.finish();
}

Deno.test("NodeSums leaves out each box's first row and column but divides by all of it; whole takes them all", () => {
  // One state, 2 columns of 2 rows: [[1, 2], [3, 6]]; one level. Package: 6 / 4. Whole: 12 / 4. Then divided by the mean.
  const size = { states: 1, cols: 2, rows: 2 };
  assertEquals(nodeCosts(Float32Array.of(1, 2, 3, 6), size, 1, false).means, [1.5]);
  assertEquals(nodeCosts(Float32Array.of(1, 2, 3, 6), size, 1, true).means, [3]);
});

Deno.test("NodeSums of a level with more nodes than pixels are zero, not NaN", () => {
  const { data, means } = nodeCosts(Float32Array.of(4), { states: 1, cols: 1, rows: 1 }, 2, true);
  assertEquals([...data], [1, 0, 0, 0, 0]);
  assertEquals(means, [4, 0]);
});

Deno.test("nodeAt() numbers columns first", () => {
  assertEquals([nodeAt(0, 0, 0), nodeAt(1, 0, 1), nodeAt(1, 1, 0), nodeAt(2, 3, 3)], [0, 2, 3, 20]);
});

const NETWORK = "weights/resnet50v2_stage3.onnx";

sharedTest("dsp on a network's features finds most keypoints of real pictures", [NETWORK, WILLOW], async () => {
  const words = ["method=dsp", "backbone=onnx", `backbone.path=${sharedPath(NETWORK)}`, "backbone.layers=[stage3]"];
  const pck = await willowPck(words, 30);
  assert(pck > 0.5, `${pck}`);
});
