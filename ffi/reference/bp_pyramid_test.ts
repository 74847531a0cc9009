import { assertEquals } from "@std/assert";
import { bpPyramid, pyramidNodes } from "./bp_pyramid.ts";

function states(unary: number[], rule: { nx: number; ny: number; stretch: number; bound: number; upward: boolean }) {
  const out = new Int32Array(pyramidNodes(2));
  bpPyramid({ unary: Float32Array.from(unary), levels: 2, iterations: 50, ...rule }, out);
  return [...out];
}

Deno.test("bpPyramid() draws an undecided node to its parent's state", () => {
  // Two levels, three states in a row. The parent wants state 2, three children too, the fourth does not care.
  const rule = { nx: 3, ny: 1, stretch: 0.1, bound: 1, upward: true };
  assertEquals(states([1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0], rule), [2, 2, 2, 2, 2]);
});

Deno.test("bpPyramid() without stretch leaves every node its own best state, the first of equals", () => {
  const rule = { nx: 1, ny: 3, stretch: 0, bound: 0, upward: false };
  assertEquals(states([3, 1, 2, 0, 5, 5, 5, 5, 0, 2, 2, 2, 9, 4, 4], rule), [1, 0, 2, 0, 1]);
});

Deno.test("bpPyramid() gives a node without a finite belief no state", () => {
  const rule = { nx: 1, ny: 2, stretch: 1, bound: 1, upward: false };
  assertEquals(states([NaN, NaN, 1, 0, 0, 1, 1, 0, 0, 1], rule)[0], -1);
});
