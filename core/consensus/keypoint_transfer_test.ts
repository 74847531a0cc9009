import { assertAlmostEquals, assertEquals } from "@std/assert";
import { underGaussian } from "./golden.ts";
import { carryKeypoints } from "./keypoint_transfer.ts";
import { referenceOps } from "./testing.ts";

const RULE = { sigma: 17, reach: 0.1, floor: 0 };

/** Every cell of `side` x `side` is certain of one cell. */
function certain(side: number, goesTo: (cell: number) => number): Float32Array {
  const cells = side * side, data = new Float32Array(cells * cells);
  for (let cell = 0; cell < cells; cell++) data[cell * cells + goesTo(cell)] = 1000;
  return data;
}

Deno.test("underGaussian() keeps the best cell's value and weakens the others by their distance", () => {
  const row = new Float32Array(9).fill(1);
  row[4] = 2;
  const out = underGaussian(row, 3, 1);
  assertEquals(out[4], 2);
  assertAlmostEquals(out[0]!, Math.exp(-1), 1e-7);
  assertAlmostEquals(out[1]!, Math.exp(-0.5), 1e-7);
});

Deno.test("carryKeypoints() goes where sharp rows point, and asks the nearest cell when none is within reach", async () => {
  using ops = await referenceOps();
  const data = certain(3, () => 8), queries = { n: 2, xy: Float64Array.of(1, 1, 1.4, 0.6) };
  // 0.4 cells are 0.4 of half the picture, beyond the reach of 0.1.
  const { xy, score } = await carryKeypoints(ops, { size: [3, 3, 3, 3], data }, queries, RULE);
  for (const value of xy) assertAlmostEquals(value, 2, 1e-6);
  assertEquals([...score], [1000, 1000]);
});

Deno.test("carryKeypoints() blends the cells within reach, the nearer the more", async () => {
  using ops = await referenceOps();
  // 41 x 1 cells are 0.05 apart; every cell goes to itself. At 10.25 the weights of 9, 10, 11, 12 are about
  // 0.1 - 0.0625, 0.1 - 0.0125, 0.1 - 0.0375, 0.1 - 0.0875.
  const cells = 41, data = new Float32Array(cells * cells);
  for (let cell = 0; cell < cells; cell++) data[cell * cells + cell] = 1000;
  const size = [1, cells, 1, cells] as const;
  const weights = [9, 10, 11, 12].map((cell) => 0.1 - Math.sqrt(((cell - 10.25) * 0.05) ** 2 + 1e-5));
  const sum = weights.reduce((a, b) => a + b), mean = weights.reduce((a, w, i) => a + w * (9 + i), 0) / sum;
  const at = { n: 1, xy: Float64Array.of(10.25, 0) };
  const { xy } = await carryKeypoints(ops, { size, data }, at, RULE);
  assertAlmostEquals(xy[0]!, mean, 1e-5);
  // A floor draws the answer to the middle of the grid, cell 20.
  const drawn = await carryKeypoints(ops, { size, data }, at, { ...RULE, floor: sum });
  assertAlmostEquals(drawn.xy[0]!, (mean + 20) / 2, 1e-5);
});
