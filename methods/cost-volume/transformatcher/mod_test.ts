import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import {
  bumpMap,
  countParameters,
  emptyPicture,
  knownBackbone,
  methodContext,
  nativeOps,
  withCheckpoint,
} from "../../../core/consensus/testing.ts";
import type { Ops } from "../../../core/consensus/volume.ts";
import { ConfigError, InputError } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { goldenTest } from "../../../core/golden/testing.ts";
import type { FeatureMap } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import { RandomWeights } from "../../../core/weights/learned.ts";
import plugin from "./mod.ts";
import { angles, FREQUENCIES, takeNetwork } from "./network.ts";
import golden from "./transformatcher.golden.ts";

goldenTest(golden);

type Options = Parameters<typeof plugin.build>[1];

const source = emptyPicture(240, "source"), target = emptyPicture(480, "target");
/** Two levels, the second one coarser: 15 and 8 cells, as layer3 and layer4 have at 240 pixels. */
const levels = (picture: typeof source, turned: boolean): FeatureMap[] =>
  [15, 8].map((side) => bumpMap(picture, { side, channels: 4, turned }));
const maps = { source: levels(source, false), target: levels(target, true) };

async function build(ops: Ops, options: Partial<Options>) {
  const all = { ...defaultsOf(plugin.defaults), ...options } as Options;
  return await plugin.build(methodContext(knownBackbone(maps), ops, "transformatcher"), all);
}

/** One layer that adds nothing: the first channel is the sum of the levels, made sharp by the last layer. */
function checkpoint(): [name: string, tensor: { shape: number[]; data: Float32Array }][] {
  const shapes: [string, number[]][] = [];
  class Recorder extends RandomWeights {
    override take(name: string, shape: readonly number[]) {
      shapes.push([name, [...shape]]);
      return super.take(name, shape);
    }
  }
  takeNetwork(new Recorder(), 2);
  const known: Record<string, Float32Array> = {
    "match2match.to_embedding.1.weight": Float32Array.from({ length: 32 }, (_, i) => i < 2 ? 1 : 0),
    "match2match.to_original.0.weight": Float32Array.from({ length: 16 }, (_, i) => i < 1 ? 1000 : 0),
    "match2match.trans_nc.0.0.fn.pos_emb.freqs": FREQUENCIES,
  };
  const entries = shapes.filter(([name]) => !/trans_nc\.[1-9]/.test(name)).map(([name, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return [name, { shape, data: known[name] ?? new Float32Array(size) }] as [
      string,
      { shape: number[]; data: Float32Array },
    ];
  });
  return [...entries, ["match2match.posenc", { shape: [15, 15, 15, 15, 16], data: new Float32Array(15 ** 4 * 16) }]];
}

Deno.test("the network has as many parameters as the official one", () => {
  // Without the two frequencies, which all layers share, and with the table of positions that is never read.
  assertEquals(countParameters((set) => takeNetwork(set, 26, FREQUENCIES)) + 2 + 15 ** 4 * 16, 836095);
});

Deno.test("angles() are multiples of pi up to the rounding of float32", () => {
  const { cosine, sine } = angles(50625, FREQUENCIES);
  assertEquals([...cosine.subarray(0, 8)], [1, 1, 1, 1, -1, -1, -1, -1]);
  assert(cosine.every((value) => Math.abs(Math.abs(value) - 1) < 2e-3));
  const most = sine.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  assert(most > 1e-3 && most < 0.06, `${most}`);
});

Deno.test("transformatcher takes a checkpoint by exact names and follows a mirrored picture", async () => {
  using ops = await nativeOps();
  await withCheckpoint(checkpoint(), "F32", async (weights) => {
    const method = await build(ops, { weights });
    assertEquals(method.meaningless, undefined);
    const { xy } = await method.correspond(source, target, pointsOf([[60, 180], [200, 100]]));
    // Twice as large, rows and columns swapped; half a cell of the tokens' grid is 480 / 14 / 2 pixels.
    [360, 120, 200, 400].forEach((wanted, i) => assertAlmostEquals(xy[i]!, wanted, 17.2));
  });
  await withCheckpoint(checkpoint().slice(1), "F32", async (weights) => {
    await assertRejects(() => build(ops, { weights }), InputError, "match2match.to_embedding.1.weight");
  });
});

Deno.test("transformatcher marks random weights, gives a dense field, and asks for the levels its weights mix", async () => {
  using ops = await nativeOps();
  const method = await build(ops, { weights: "random", levels: 2 });
  assertEquals(method.meaningless, "random weights");
  const { data, source: lattice } = await method.flow!(source, target);
  assertEquals([lattice.grid.cols, data.length], [30, 1800]);
  assert(data.every((value) => value >= 0 && value <= 479));
  const official = await build(ops, { weights: "random" });
  await assertRejects(() => official.correspond(source, target, pointsOf([[0, 0]])), ConfigError, "26");
});
