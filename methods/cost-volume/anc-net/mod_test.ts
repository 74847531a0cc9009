import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { axisMap, emptyPicture, knownBackbone, methodContext, referenceOps } from "../../../core/consensus/testing.ts";
import { InputError } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { goldenTest } from "../../../core/golden/testing.ts";
import { defaultsOf } from "../../../core/value.ts";
import { RandomWeights } from "../../../core/weights/learned.ts";
import golden from "./ancnet.golden.ts";
import plugin from "./mod.ts";
import { adaptiveConsensus, sideBySide, takeStages, VARIANTS } from "./network.ts";
import { windowSimilarities } from "./self_similarity.ts";

goldenTest(golden);

type Options = Parameters<typeof plugin.build>[1];

Deno.test("each network has as many parameters as the official one", () => {
  const counts = VARIANTS.map((variant) => {
    let count = 0;
    class Counting extends RandomWeights {
      override take(name: string, shape: readonly number[]) {
        count += shape.reduce((product, side) => product * side, 1);
        return super.take(name, shape);
      }
    }
    takeStages(new Counting(), variant);
    return count;
  });
  assertEquals(counts, [176833, 128833, 125633]);
});

Deno.test("sideBySide() stands a narrow kernel in the middle of a wide one, its channels first", () => {
  const layer = (kernel: [number, number, number, number], weights: number[], bias: number) => ({
    kernel,
    inChannels: 1,
    outChannels: 1,
    weights: Float32Array.from(weights),
    bias: Float32Array.of(bias),
    relu: true,
  });
  const both = sideBySide(layer([1, 1, 3, 1], [1, 2, 3], 7), layer([3, 1, 3, 1], [4, 4, 4, 5, 5, 5, 6, 6, 6], 8));
  assertEquals([...both.weights], [0, 0, 0, 1, 2, 3, 0, 0, 0, 4, 4, 4, 5, 5, 5, 6, 6, 6]);
  assertEquals([[...both.bias], both.outChannels], [[7, 8], 2]);
});

Deno.test("a network's answer does not depend on which picture comes first", async () => {
  using ops = await referenceOps();
  const data = Float32Array.from({ length: 2 * 1 * 1 * 3 }, (_, i) => Math.sin(i + 1));
  const swapped = Float32Array.from({ length: 6 }, (_, i) => data[(i % 2) * 3 + Math.floor(i / 2)]!);
  const stages = takeStages(new RandomWeights(), 3);
  const a = await adaptiveConsensus(ops, { size: [2, 1, 1, 3], data }, stages);
  const b = await adaptiveConsensus(ops, { size: [1, 3, 2, 1], data: swapped }, stages);
  for (let i = 0; i < 6; i++) assertAlmostEquals(a.data[i]!, b.data[(i % 3) * 2 + Math.floor(i / 3)]!, 1e-6);
});

Deno.test("windowSimilarities() gives cosines by column, then row, and 0 outside", () => {
  // One row, two columns: vectors (3, 4) and (4, 3), cosine 24 / 25.
  const found = windowSimilarities({ rows: 1, cols: 2, channels: 2, data: Float32Array.of(3, 4, 4, 3) });
  const want = new Array(50).fill(0);
  // The window's middle is channel 5 * 2 + 2; one column to the right is 5 * 3 + 2, to the left 5 * 1 + 2.
  want[12] = 1;
  want[17] = 0.96;
  want[25 + 12] = 1;
  want[25 + 7] = 0.96;
  want.forEach((value, i) => assertAlmostEquals(found[i]!, value, 1e-6));
});

Deno.test("anc-net runs every network and stream, and asks for the channels the context stream is made for", async () => {
  using ops = await referenceOps();
  const source = emptyPicture(9, "source"), target = emptyPicture(9, "target");
  const match = async (options: Partial<Options>, channels: number) => {
    const maps = {
      source: [axisMap(source, [0, 1, 2, 3], channels)],
      target: [axisMap(target, [3, 2, 1, 0], channels)],
    };
    const all: Options = { ...defaultsOf(plugin.defaults) as Options, weights: "random", ...options };
    const method = await plugin.build(methodContext(knownBackbone(maps), ops, "anc-net"), all);
    assertEquals(method.meaningless, "random weights");
    return await method.correspond(source, target, pointsOf([[1, 2]]));
  };
  for (const [noniso, pss, channels] of [[1, 1, 4], [2, 0, 4], [3, 2, 1024]] as const) {
    const { n, xy } = await match({ noniso, pss }, channels);
    assertEquals([n, [...xy].every((value) => value >= 0 && value <= 8)], [1, true]);
  }
  await assertRejects(() => match({ pss: 2 }, 4), InputError, "1024");
});
