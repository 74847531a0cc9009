import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { pointsOf } from "../frame.ts";
import { transferThroughFlow, transferThroughMatches } from "./transfer.ts";

Deno.test("transferThroughFlow() loses the fraction of a point and clamps it to the frame", () => {
  // Two columns of flow, 0 and 1 cell, over 8 px: column centres at 1.5 and 5.5; one cell is 4 px.
  const flow = { rows: 1, cols: 2, data: [0, 0, 1, 0] };
  const { xy } = transferThroughFlow(pointsOf([[1.9, 3], [3.5, 3], [-5, 3], [99, 3]]), flow, 8);
  // At x = 1: left of the first centre: 0. At x = 3: (3 - 1.5) / 4 = 0.375 cells = 1.5 px. Clamped: 0 and 7 + 4.
  assertEquals([xy[0], xy[2], xy[4], xy[6]], [1, 4.5, 0, 11]);
});

Deno.test("transferThroughMatches() is the identity for identity matches, at cells and between them", () => {
  const line = [-1, 0, 1];
  const matches = line.flatMap((y) => line.flatMap((x) => [x, y]));
  const sizes = { source: { width: 101, height: 51 }, target: { width: 101, height: 51 } };
  const points = pointsOf([[1, 1], [101, 51], [30, 20]]);
  const { xy } = transferThroughMatches(points, matches, 3, sizes, "bilinear");
  points.xy.forEach((value, i) => assertAlmostEquals(xy[i]!, value, 1e-4));
  const nearest = transferThroughMatches(points, matches, 3, sizes, "nearest").xy;
  assertEquals([...nearest], [1, 1, 101, 51, 51, 26]);
  assertThrows(() => transferThroughMatches(points, matches, 1, sizes, "nearest"), RangeError);
});
