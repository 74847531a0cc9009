import { assertAlmostEquals, assertEquals } from "@std/assert";
import { bestOfRows, blendMatches, type MatchField, nearestMatches, transposed } from "./matches.ts";

Deno.test("bestOfRows() takes the lowest of equals, and NaN never wins", () => {
  const data = Float32Array.of(1, 3, 3, NaN, 0, -1, NaN, NaN, NaN);
  const raw = bestOfRows(data, 3, 3, false);
  assertEquals([...raw.index], [1, 1, -1]);
  assertEquals([...raw.score], [3, 0, NaN]);
  const soft = bestOfRows(data, 3, 3, true);
  assertEquals([...soft.index], [1, 1, -1]);
  // e^3 / (e + 2 e^3); 1 / (1 + e^-1), the NaN having no weight; nothing.
  assertAlmostEquals(soft.score[0]!, Math.exp(3) / (Math.E + 2 * Math.exp(3)), 1e-6);
  assertAlmostEquals(soft.score[1]!, 1 / (1 + Math.exp(-1)), 1e-6);
  assertEquals(soft.score[2], 0);
});

Deno.test("transposed() swaps source and target", () => {
  assertEquals([...transposed(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3)], [1, 4, 2, 5, 3, 6]);
});

/** Two rows, three columns; cell (row, col) goes to (10 * col, 100 * row) with score 10 * row + col. */
const field: MatchField = {
  rows: 2,
  cols: 3,
  to: Float64Array.of(0, 0, 10, 0, 20, 0, 0, 100, 10, 100, 20, 100),
  score: Float32Array.of(0, 1, 2, 10, 11, 12),
};

function moved(move: typeof blendMatches, ...xy: number[]): number[] {
  const { xy: to, score } = move(field, { n: xy.length / 2, xy: Float64Array.from(xy) });
  return [...to, ...score];
}

Deno.test("blendMatches() follows a linear field exactly between cells and on them", () => {
  assertEquals(moved(blendMatches, 0.5, 0.25), [5, 25, 3]);
  assertEquals(moved(blendMatches, 2, 1), [20, 100, 12]);
  assertEquals(moved(blendMatches, 0, 0), [0, 0, 0]);
});

Deno.test("blendMatches() takes areas as positive outside the grid, as the official code does", () => {
  // x = 3 lies one column after the last: distances 2 to the line before and 1 to the last; the opposite one counts.
  // Weights: 1 for column 1, 2 for column 2, so x' = (1 * 10 + 2 * 20) / 3.
  const [x, y] = moved(blendMatches, 3, 0);
  assertAlmostEquals(x!, 50 / 3, 1e-12);
  assertEquals(y, 0);
});

Deno.test("blendMatches() on a grid of one row or column uses that row or column", () => {
  const one: MatchField = { rows: 1, cols: 2, to: Float64Array.of(4, 5, 8, 9), score: Float32Array.of(1, 3) };
  const { xy, score } = blendMatches(one, { n: 1, xy: Float64Array.of(0.5, 0) });
  assertEquals([...xy, ...score], [6, 7, 2]);
});

Deno.test("nearestMatches() takes the nearest cell's match, the first of equals, or of given places", () => {
  assertEquals(moved(nearestMatches, 0.5, 0), [0, 0, 0]);
  assertEquals(moved(nearestMatches, 1.6, 0.7), [20, 100, 12]);
  const places = Float64Array.of(9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 9, 9);
  const { xy } = nearestMatches(field, { n: 1, xy: Float64Array.of(0, 0) }, places);
  assertEquals([...xy], [10, 100]);
});
