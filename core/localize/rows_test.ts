import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { argmaxRow, kernelSoftArgmaxRow, softArgmaxRow, windowSoftArgmaxRow } from "./rows.ts";

const NOTHING = [[], [NaN, NaN], [-Infinity, -Infinity], [NaN, -Infinity]];

/** Every row function at ordinary settings, on a map of `cols` columns. */
const LOCATORS = {
  soft: (row: number[], cols: number) => softArgmaxRow(row, cols, 0.05),
  kernel: (row: number[], cols: number) => kernelSoftArgmaxRow(row, cols, 0.05, 2),
  windowZero: (row: number[], cols: number) => windowSoftArgmaxRow(row, cols, 0.05, 1, "zero"),
  windowMasked: (row: number[], cols: number) => windowSoftArgmaxRow(row, cols, 0.05, 1, "masked"),
};

Deno.test("argmaxRow() takes the lowest index on ties and never NaN", () => {
  assertEquals(argmaxRow([1, 3, 2, 3]), 1);
  assertEquals(argmaxRow([NaN, -2, NaN, -1, NaN]), 3);
  assertEquals(argmaxRow([-5, -5]), 0);
  assertEquals(argmaxRow([0, Infinity, Infinity]), 1);
});

Deno.test("a row in which nothing can win has index -1 and no position", () => {
  for (const row of NOTHING) {
    assertEquals(argmaxRow(row), -1);
    for (const locate of Object.values(LOCATORS)) assertEquals(locate(row, 2), { x: NaN, y: NaN });
  }
});

Deno.test("softArgmaxRow() weighs e^1 : 1 as computed by hand", () => {
  // 2 rows x 2 cols; logits 1, 0, 0, 1 at temperature 0.5 of .5, 0, 0, .5.
  const e = Math.E;
  const { x, y } = softArgmaxRow([0, 0, 0, 0.5], 2, 0.5);
  assertAlmostEquals(x, (1 + e) / (3 + e));
  assertAlmostEquals(y, (1 + e) / (3 + e));
  const flat = softArgmaxRow([7, 7, 7, 7, 7, 7], 3, 0.01);
  assertAlmostEquals(flat.x, 1);
  assertAlmostEquals(flat.y, 0.5);
});

Deno.test("kernelSoftArgmaxRow() multiplies similarities, not probabilities", () => {
  // One row of 3 cells, the best is cell 0: kernel 1, e^-.5, e^-2 for sigma 1.
  const row = [1, 0.8, -0.5];
  const logits = [1, 0.8 * Math.exp(-0.5), -0.5 * Math.exp(-2)].map((v) => Math.exp(v / 0.1));
  const sum = logits.reduce((a, b) => a + b);
  const { x, y } = kernelSoftArgmaxRow(row, 3, 0.1, 1);
  assertAlmostEquals(x, (logits[1]! + 2 * logits[2]!) / sum);
  assertEquals(y, 0);
});

Deno.test("kernelSoftArgmaxRow() with a vast sigma is the soft-argmax, and with a tiny one flattens what is far", () => {
  const row = [0.1, 0.9, -0.3, 0.2, 0.5, 0.8];
  const soft = softArgmaxRow(row, 3, 0.2);
  const wide = kernelSoftArgmaxRow(row, 3, 0.2, 1e6);
  assertAlmostEquals(wide.x, soft.x, 1e-9);
  assertAlmostEquals(wide.y, soft.y, 1e-9);
  // sigma so small that every other cell has similarity exactly 0: weights e^4.5 at cell 1, five times 1.
  const w = Math.exp(0.9 / 0.2);
  assertAlmostEquals(kernelSoftArgmaxRow(row, 3, 0.2, 1e-3).x, (w + 0 + 2 + 0 + 1 + 2) / (w + 5));
});

Deno.test("windowSoftArgmaxRow() keeps cells outside the window at similarity 0, or leaves them out", () => {
  // 1 x 5, best is cell 1, radius 1: cells 0..2 inside; 3 and 4 outside.
  const row = [0.2, 0.6, 0.4, 0.5, -0.9];
  const inside = [0.2, 0.6, 0.4].map((v) => Math.exp(v / 0.2));
  const sum = inside[0]! + inside[1]! + inside[2]!;
  const moment = inside[1]! + 2 * inside[2]!;
  assertAlmostEquals(windowSoftArgmaxRow(row, 5, 0.2, 1, "masked").x, moment / sum);
  assertAlmostEquals(windowSoftArgmaxRow(row, 5, 0.2, 1, "zero").x, (moment + 3 + 4) / (sum + 2));
});

Deno.test("windowSoftArgmaxRow() masked stays inside the window when all similarities are negative", () => {
  const row = Array.from({ length: 49 }, (_, i) => i === 8 ? -0.1 : -0.9); // best at (1, 1) of 7 x 7
  const masked = windowSoftArgmaxRow(row, 7, 0.5, 1, "masked");
  assert(masked.x <= 2 && masked.y <= 2);
  // The official rule lifts the far negative cells to 0, above the best: the position leaves the window.
  assert(windowSoftArgmaxRow(row, 7, 0.5, 1, "zero").x > 2);
});

Deno.test("windowSoftArgmaxRow() is the argmax at radius 0 masked", () => {
  assertEquals(windowSoftArgmaxRow([0, 1, 5, 2, 3, 4], 3, 1, 0, "masked"), { x: 2, y: 0 });
});

Deno.test("masked and NaN cells carry no weight in any localizer", () => {
  const row = [0.3, -Infinity, 0.3, NaN, -Infinity, NaN];
  for (const [name, locate] of Object.entries(LOCATORS)) {
    const { x, y } = locate(row, 3);
    // "masked" windows of radius 1 around cell 0 do not see cell 2.
    const seesBoth = name !== "windowMasked";
    assert(seesBoth ? x > 0 && x < 2 : x === 0, `${name}: x = ${x}`);
    assertEquals(y, 0, name);
  }
});

Deno.test("an infinite similarity is a certain match, and several share it", () => {
  for (const [name, locate] of Object.entries(LOCATORS)) {
    assertEquals(locate([0, 0, 9, 0, Infinity, 0], 3), { x: 1, y: 1 }, name);
  }
  assertEquals(softArgmaxRow([Infinity, 1, Infinity], 3, 0.1), { x: 1, y: 0 });
});

Deno.test("every soft position lies on the map and large similarities do not overflow", () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 12, maxLength: 12 });
  fc.assert(fc.property(values, (row) => {
    for (const locate of Object.values(LOCATORS)) {
      const { x, y } = locate(row, 4);
      assert(x >= 0 && x <= 3 && y >= 0 && y <= 2);
    }
  }));
});

Deno.test("soft positions do not depend on a constant added to every similarity", () => {
  const row = [0.1, 0.9, -0.3, 0.2, 0.5, 0.8];
  const moved = row.map((v) => v + 5);
  assertAlmostEquals(softArgmaxRow(row, 3, 0.1).x, softArgmaxRow(moved, 3, 0.1).x, 1e-9);
  assertAlmostEquals(
    windowSoftArgmaxRow(row, 3, 0.1, 1, "masked").y,
    windowSoftArgmaxRow(moved, 3, 0.1, 1, "masked").y,
    1e-9,
  );
});
