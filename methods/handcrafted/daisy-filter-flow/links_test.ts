import { assertEquals } from "@std/assert";
import { linksOf } from "./links.ts";

/** Four superpixels of one site in a row: red, blue, red, blue. */
const row = { width: 4, height: 1, rgb: Float32Array.of(200, 0, 0, 0, 0, 200, 200, 0, 0, 0, 0, 200) };
const labels = Int32Array.of(0, 1, 2, 3);

Deno.test("superpixels are linked to those they touch and to those of their colour that are near enough", () => {
  // 2 apart of 4 is within 2.5 / 4 of the longer side.
  assertEquals(linksOf(row, { count: 4, labels }, 0), [[1, 2], [0, 2, 3], [0, 1, 3], [1, 2]]);
});

Deno.test("one colour too far apart is not linked", () => {
  const long = { width: 4, height: 1, rgb: Float32Array.of(200, 0, 0, 0, 0, 200, 0, 200, 0, 200, 0, 0) };
  assertEquals(linksOf(long, { count: 4, labels }, 0), [[1], [0, 2], [1, 3], [2]]);
});
