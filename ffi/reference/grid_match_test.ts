import { assertEquals } from "@std/assert";
import { translationCosts, windowMatch } from "./grid_match.ts";

/** One channel. a: 2 x 3, b: 1 x 4. */
const maps = {
  a: Float32Array.of(1, 2, 3, 4, 5, 6),
  height: 2,
  width: 3,
  b: Float32Array.of(3, 0, 9, 2),
  targetHeight: 1,
  targetWidth: 4,
  channels: 1,
};

Deno.test("translationCosts() goes through translations and pixels column by column", () => {
  const out = new Float32Array(3 * 1 * 3 * 2);
  translationCosts(maps, 1, 1, 0, 5, out);
  // Row 1 of a has no row in b: always the bound. dx = -1: pixels 1, 2 meet 3, 0.
  assertEquals([...out], [5, 5, 1, 5, 3, 5, /* dx 0 */ 2, 5, 2, 5, 5, 5, /* dx 1 */ 1, 5, 5, 5, 1, 5]);
});

Deno.test("translationCosts() with a step compares the pixels of the grid only", () => {
  const out = new Float32Array(3 * 1 * 2 * 1);
  translationCosts(maps, 2, 1, 0, 50, out);
  // Pixels 0 and 2; translations -2, 0, 2.
  assertEquals([...out], [50, 0, 2, 6, 8, 50]);
});

Deno.test("windowMatch() weighs distance and penalty, first of equals, and the way out", () => {
  const flow = new Int32Array(12), cost = new Float32Array(6);
  const start = new Int32Array(12);
  windowMatch(maps, start, { radius: 1, step: 1, penalty: 0.5, outside: 4 }, flow, cost);
  // Pixel 0 (1): 3 at 0 costs 2, 0 at +1 costs 1.5. Pixel 1 (2): 3 at -1 costs 1.5, 0 at 0 costs 2.
  assertEquals([...flow.subarray(0, 4)], [1, 0, -1, 0]);
  assertEquals([...cost.subarray(0, 2)], [1, 1]);
  // Pixel 2 (3): 2 at +1 costs 1.5. Row 1 is below b: one row up, 4 meets 3 at 0 for 1.5; 5 meets 3 for 3; 6 meets 9.
  assertEquals([...flow.subarray(4)], [1, 0, 0, -1, -1, -1, 0, -1]);
});
