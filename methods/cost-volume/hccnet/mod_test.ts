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
import { Graph } from "../../../core/graph/graph.ts";
import { runOnce } from "../../../core/graph/session.ts";
import { defaultSession } from "../../../core/graph/session_options.ts";
import { defaultsOf } from "../../../core/value.ts";
import plugin from "./mod.ts";
import { hypercolumn, type LevelSize, mixed, takePointwise } from "./network.ts";
import { WeightSet } from "../../../core/weights/set.ts";
import { tensorOf } from "../../../core/weights/tensor.ts";

type Options = Parameters<typeof plugin.build>[1];

const source = emptyPicture(240, "source"), target = emptyPicture(480, "target");
const maps = {
  source: [15, 8].map((side) => bumpMap(source, { side, channels: 4 })),
  target: [15, 8].map((side) => bumpMap(target, { side, channels: 4, turned: true })),
};

async function build(ops: Ops, options: Partial<Options>) {
  const all = { ...defaultsOf(plugin.defaults), ...options } as Options;
  return await plugin.build(methodContext(knownBackbone(maps), ops, "hccnet"), all);
}

/** The hypercolumn correlation of maps given as [rows * cols * channels], rounded. */
async function hypercolumnOf(
  levels: readonly LevelSize[],
  maps: { readonly source: readonly number[][]; readonly target: readonly number[][] },
  side: number,
  slices: number,
) {
  const g = new Graph("a test"), out = hypercolumn(g, { source: levels, target: levels }, { side, slices });
  const input = (name: "source" | "target") =>
    levels.map(({ rows, cols, channels }, i) =>
      [`${name}${i}`, { shape: [1, rows, cols, channels], data: Float32Array.from(maps[name][i]!) }] as const
    );
  const inputs = Object.fromEntries([...input("source"), ...input("target")]);
  const { found } = await runOnce(g.model({ found: out }), inputs, defaultSession);
  return [...found!.data].map((value) => Math.round(value * 1e6) / 1e6);
}

Deno.test("hypercolumn() orders cosines of slices by level, then slice, and turns negative ones into 0", async () => {
  const cell = { rows: 1, cols: 1, channels: 4 };
  // (3, 4) against (4, 3) is 24 / 25; (0, 2) against (0, 5) is 1; (1, 0) against (-1, 0) is -1; 0 against 0 stays 0.
  const maps = { source: [[3, 4, 0, 2], [1, 0, 0, 0]], target: [[4, 3, 0, 5], [-1, 0, 0, 0]] };
  assertEquals(await hypercolumnOf([cell, cell], maps, 1, 2), [0.96, 1, 0, 0]);
  // Both at once: 34 / sqrt(29 * 50).
  const whole = await hypercolumnOf([cell], maps, 1, 1);
  assertAlmostEquals(whole[0]!, 34 / Math.sqrt(29 * 50), 1e-6);
});

Deno.test("hypercolumn() resizes normalised maps with their corners aligned, and does not normalise again", async () => {
  const level = { rows: 1, cols: 2, channels: 2 };
  // Source cells (1, 0) and (0, 1); between them lies (1/2, 1/2), whose product with (0, 7) / 7 is 1/2.
  const found = await hypercolumnOf([level], { source: [[2, 0, 0, 3]], target: [[0, 7, 0, 7]] }, 3, 1);
  const row = (value: number) => Array<number>(9).fill(value);
  assertEquals(found, [0, 0.5, 1, 0, 0.5, 1, 0, 0.5, 1].flatMap(row));
});

Deno.test("mixed() is a network of its own on every token", async () => {
  const tensors = new Map(
    ([
      ["hypercolumn.0.weight", [2, 3], [1, 0, -1, 0, 2, 0]],
      ["hypercolumn.0.bias", [2], [0, -1]],
      ["hypercolumn.1.weight", [1, 2], [10, 1]],
      ["hypercolumn.1.bias", [1], [-5]],
    ] as const).map(([name, shape, data]) => [name, tensorOf(name, shape, Float32Array.from(data))]),
  );
  const set = new WeightSet("a test", tensors), layers = takePointwise(set, 3, [7, 1]);
  set.finish("a test");
  // Token (1, 2, 3): max(-2, 0), max(3, 0) -> 3 - 5, and nothing after it; (5, 0, 1): 4 and max(-1, 0) -> 40 - 5.
  const g = new Graph("a test"), out = mixed(g, g.input("x", [1, 3, 1, 2]), layers);
  const inputs = { x: { shape: [1, 3, 1, 2], data: Float32Array.of(1, 5, 2, 0, 3, 1) } };
  assertEquals([...(await runOnce(g.model({ out }), inputs, defaultSession)).out!.data], [-2, 35]);
});

Deno.test("hccnet has the parameters its card's sizes say", () => {
  assertEquals(countParameters((set) => takePointwise(set, 104, [64, 32, 1])), 104 * 64 + 64 + 64 * 32 + 32 + 32 + 1);
});

Deno.test("hccnet takes a file of its own names and follows a mirrored picture", async () => {
  using ops = await nativeOps();
  const tensor = (shape: number[], data: number[]) => ({ shape, data: Float32Array.from(data) });
  // The sum of both levels, sharp. Cut in two, these maps would tell columns apart and not rows.
  const file: [string, ReturnType<typeof tensor>][] = [
    ["hypercolumn.0.weight", tensor([1, 2], [1000, 1000])],
    ["hypercolumn.0.bias", tensor([1], [0])],
  ];
  const own = { levels: 2, slices: 1 };
  await withCheckpoint(file, "F32", async (weights) => {
    const method = await build(ops, { ...own, weights });
    assertEquals(method.meaningless, undefined);
    const { xy } = await method.correspond(source, target, pointsOf([[60, 180], [200, 100]]));
    // Twice as large, rows and columns swapped; half a cell of the correlations' grid is 480 / 14 / 2 pixels.
    [360, 120, 200, 400].forEach((wanted, i) => assertAlmostEquals(xy[i]!, wanted, 17.2));
  });
  await withCheckpoint(file.slice(0, 1), "F32", async (weights) => {
    await assertRejects(() => build(ops, { ...own, weights }), InputError, "hypercolumn.0.bias");
  });
});

Deno.test("hccnet marks random weights, and asks for the levels and slices its weights mix", async () => {
  using ops = await nativeOps();
  const method = await build(ops, { weights: "random", levels: 2, slices: 4 });
  assertEquals(method.meaningless, "random weights");
  const { xy } = await method.correspond(source, target, pointsOf([[10, 20]]));
  assert([...xy].every((value) => value >= 0 && value <= 479));
  for (const own of [{ levels: 3 }, { levels: 2, slices: 3 }]) {
    const other = await build(ops, { weights: "random", ...own });
    await assertRejects(
      () => other.correspond(source, target, pointsOf([[0, 0]])),
      ConfigError,
      "mix the correlations",
    );
  }
  await assertRejects(() => build(ops, { weights: "random", widths: [4, 2] }), InputError, "the last one is 1");
});
