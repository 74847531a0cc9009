import { assertEquals } from "@std/assert";
import { hough, houghBin } from "./hough.ts";

const space = { cell: 2, nx: 3, ny: 2 };

Deno.test("houghBin() truncates towards 0 and says -1 outside", () => {
  assertEquals(houghBin(1, 1, 3.9, 2.9, space), 2 + 1 * 3);
  assertEquals(houghBin(0, 0, -1.9, 0, space), 0); // trunc(-0.95) is 0
  assertEquals(houghBin(0, 0, -2, 0, space), -1);
  assertEquals(houghBin(0, 0, 6, 0, space), -1);
  assertEquals(houghBin(0, 0, 0, 4, space), -1);
  assertEquals(houghBin(NaN, 0, 0, 0, space), -1);
});

Deno.test("hough() weighs each vote with the smoothed votes of its bin", () => {
  const confidence = new Float32Array(4), smoothed = new Float32Array(6);
  // Bins: pair (0,0) in 0, (0,1) in 1, (1,0) in 1, (1,1) in 2, all in the first row.
  hough(
    {
      ...space,
      votes: Float32Array.of(1, 2, 3, 5),
      source: Float32Array.of(0, 0, 2, 0),
      target: Float32Array.of(0, 0, 2, 0),
      filter: Float32Array.of(0, 0, 0, 1, 2, 4, 0, 0, 0),
      filterShape: [3, 3],
    },
    confidence,
    smoothed,
  );
  // Counts 1, 5, 5; the filter takes 1 x left + 2 x own + 4 x right.
  assertEquals([...smoothed], [2 + 20, 1 + 10 + 20, 5 + 10, 0, 0, 0]);
  assertEquals([...confidence], [22, 62, 93, 75]);
});

Deno.test("hough() does not count votes outside the space or without a number", () => {
  const confidence = new Float32Array(3), smoothed = new Float32Array(6);
  hough(
    {
      ...space,
      votes: Float32Array.of(7, NaN, 3),
      source: Float32Array.of(0, 0),
      target: Float32Array.of(-9, 0, 0, 0, 1, 1),
      filter: Float32Array.of(1),
      filterShape: [1, 1],
    },
    confidence,
    smoothed,
  );
  assertEquals([...smoothed], [3, 0, 0, 0, 0, 0]);
  assertEquals([...confidence], [0, NaN, 9]);
});
