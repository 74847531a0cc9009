import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { axisMap, emptyPicture, knownBackbone, methodContext, referenceOps } from "../../../core/consensus/testing.ts";
import { ConfigError } from "../../../core/errors.ts";
import { divideGrid, identityFrame, pointsOf } from "../../../core/frame.ts";
import { goldenTest } from "../../../core/golden/testing.ts";
import type { FeatureMap, Image } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import golden from "./dualrcnet.golden.ts";
import { findMatches, oneWay, promisingCells, reversed, roundTrip, type View } from "./matching.ts";
import plugin from "./mod.ts";

goldenTest(golden);

type Options = Parameters<typeof plugin.build>[1];

/**
 * One coarse row of two cells in each picture, four fine rows of eight. Own cell c (0 to 7) of each row has the unit
 * vector c mod 4, and so has the other picture's: each fine descriptor is there twice per row, once per half.
 */
function view(coarse: readonly number[]): View {
  const data = new Float32Array(32 * 4);
  for (let cell = 0; cell < 32; cell++) data[cell * 4 + cell % 4] = 1;
  const fine = { rows: 4, cols: 8, channels: 4, data };
  return { coarse: { size: [1, 2, 1, 2], data: Float32Array.from(coarse) }, fine: { source: fine, target: fine } };
}

const cells = (...xy: number[]) => ({ n: xy.length / 2, xy: Float64Array.from(xy) });

Deno.test("findMatches() chooses among equal fine descriptors by the coarse row at the query", async () => {
  using ops = await referenceOps();
  // The left coarse cell looks right, the right one left.
  const crossed = view([1, 3, 3, 1]);
  const { xy, score } = await findMatches(ops, oneWay(crossed), cells(2, 0, 4, 0));
  // At fine 2, coarse 0.5: half of (1, 3) and of (3, 1) are equal shares, the lowest index wins. At 4, coarse 1: (3, 1).
  assertEquals([...xy], [2, 0, 0, 0]);
  assertAlmostEquals(score[0]!, 0.5, 1e-6);
  assertAlmostEquals(score[1]!, 0.75, 1e-6);
});

Deno.test("findMatches() at the very origin has no coarse opinion and takes the first cell", async () => {
  using ops = await referenceOps();
  const { xy, score } = await findMatches(ops, oneWay(view([1, 3, 3, 1])), cells(0, 0, 1, 0));
  assertEquals([...xy.subarray(0, 2), score[0]], [0, 0, 0]);
  // At fine 1, coarse 0.25: 0.75 * (1, 3) + 0.25 * (3, 1) = (1.5, 2.5), so right: column 5.
  assertEquals([...xy.subarray(2)], [5, 0]);
  assertAlmostEquals(score[1]!, 2.5 / 4, 1e-6);
});

Deno.test("findMatches() reads the fine descriptor nearest to a query, half to even", async () => {
  using ops = await referenceOps();
  const { xy } = await findMatches(ops, oneWay(view([1, 0, 1, 0])), cells(0.5, 0, 1.5, 0, 2.6, 0));
  assertEquals([...xy], [0, 0, 2, 0, 3, 0]);
});

Deno.test("roundTrip() keeps what comes back to where it began", async () => {
  using ops = await referenceOps();
  const straight = view([3, 1, 1, 3]);
  // Column 1 finds column 1 of row 0 and comes back; row 1 finds row 0, the first of equals, and does not.
  const { kept, there } = await roundTrip(ops, straight, cells(1, 0, 1, 1));
  assertEquals([...there.xy], [1, 0, 1, 0]);
  assertEquals([...kept], [1, 0]);
  assertEquals([...reversed(view([1, 2, 3, 4])).coarse.data], [1, 3, 2, 4]);
});

Deno.test("promisingCells() visits the best half of the coarse cells once per place inside them", () => {
  const { n, xy } = promisingCells(view([1, 2, 5, 4]).coarse);
  assertEquals(n, 16);
  assertEquals([...xy.subarray(0, 10)], [4, 0, 5, 0, 6, 0, 7, 0, 4, 1]);
});

function stages(picture: Image): FeatureMap[] {
  return [256, 512, 1024].map((channels, i) => {
    const side = 4 >> i,
      data = Float32Array.from({ length: side * side * channels }, (_, at) => Math.sin(at * (i + 1)));
    const grid = divideGrid(picture, side, side, "half-pixel");
    return { name: `layer${i + 1}`, channels, data, frame: identityFrame(picture), grid };
  });
}

Deno.test("dualrc-net matches points and every fine cell, and refuses maps its neck cannot join", async () => {
  using ops = await referenceOps();
  const source = emptyPicture(16, "source"), target = emptyPicture(16, "target");
  const options: Options = { ...defaultsOf(plugin.defaults) as Options, weights: "random", mutual: true };
  const build = (maps: FeatureMap[]) =>
    plugin.build(methodContext(knownBackbone({ source: maps, target: maps }), ops, "dualrc-net"), options);
  const method = await build(stages(source));
  const { xy } = await method.correspond(source, target, pointsOf([[0, 0], [15, 7]]));
  assert([...xy].every((value) => value >= 0 && value <= 15));
  const { data, confidence } = await method.flow!(source, target);
  assertEquals([data.length, confidence!.length], [32, 16]);
  // Fine cells are centred at 1.5, 5.5, 9.5, 13.5 pixels.
  assert([...data].every((value) => Number.isNaN(value) || (value - 1.5) % 4 === 0));
  await method.close!();
  const refused = await build([axisMap(source, [0, 1, 2, 3])]);
  await assertRejects(() => refused.correspond(source, target, pointsOf([[0, 0]])), ConfigError, "256, 512, 1024");
});
