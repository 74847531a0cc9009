import { assertEquals } from "@std/assert";
import { patchMatch, patchPick, patchRandom } from "./patch_match.ts";

/** One channel; the best match of every cell is found by arithmetic alone. */
const map = (rows: number, cols: number, values: number[]) => ({ rows, cols, data: Float32Array.from(values) });

Deno.test("patchMatch() carries a neighbour's match along, moved as the cells are", () => {
  // Targets are worth 0, 1, 2, 3 to every cell. Only cell 0 starts at target 1; without random places, cell 1 tries
  // the one to its right: 2, then cell 2 tries 3.
  const index = new Int32Array(3), score = new Float32Array(3);
  const given = {
    a: map(1, 3, [1, 1, 1]),
    b: map(1, 4, [0, 1, 2, 3]),
    channels: 1,
    start: Int32Array.of(1, 0, 0),
    seed: 1,
    radius: 0,
  };
  patchMatch({ ...given, rounds: 1 }, index, score);
  assertEquals([...index], [1, 2, 1]); // cell 2 saw cell 1 at target 0 and tried target 1
  patchMatch({ ...given, rounds: 2 }, index, score);
  assertEquals([...index], [1, 2, 3]);
  assertEquals([...score], [1, 2, 3]);
});

Deno.test("patchMatch() keeps a match that is only as good, and leaves one that is no number", () => {
  const index = new Int32Array(2), score = new Float32Array(2);
  const start = Int32Array.of(0, 2);
  const given = { a: map(1, 2, [1, 1]), channels: 1, start, seed: 1, rounds: 1, radius: 0 };
  patchMatch({ ...given, b: map(1, 3, [5, 5, 5]) }, index, score);
  assertEquals([...index], [0, 2]);
  patchMatch({ ...given, b: map(1, 3, [NaN, 7, NaN]) }, index, score);
  assertEquals([...index], [1, 1]); // each tries the place beside the other's
});

Deno.test("patchMatch() finds every cell of a moved copy", () => {
  const rows = 24, cols = 24, channels = 8;
  // Descriptors of length 1: none is more similar to one than itself.
  const descriptor = (cell: number) => {
    const values = Array.from({ length: channels }, (_, c) => patchRandom(9, cell, c, 0) / 2 ** 31 - 1);
    const length = Math.hypot(...values);
    return values.map((value) => value / length);
  };
  const from = (first: number) =>
    Float32Array.from(Array.from({ length: rows * cols }, (_, cell) => descriptor(first + cell)).flat());
  // a is b seen three columns further right; its last columns have no match beside them.
  const a = from(3), b = from(0);
  const index = new Int32Array(rows * cols), score = new Float32Array(rows * cols);
  const maps = { a: { rows, cols, data: a }, b: { rows, cols, data: b } };
  // One cell that finds its match at random is enough: each round hands it to the next cells, 44 steps to the farthest.
  patchMatch({ ...maps, channels, start: null, seed: 3, rounds: 60, radius: 24 }, index, score);
  for (let cell = 0; cell < index.length; cell++) if (cell % cols < cols - 3) assertEquals(index[cell], cell + 3);
});

Deno.test("patchPick() reaches both ends", () => {
  assertEquals([patchPick(0, -2, 3), patchPick(2 ** 32 - 1, -2, 3), patchPick(2 ** 31, 0, 1)], [-2, 3, 1]);
});
