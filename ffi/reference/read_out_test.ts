import { assertAlmostEquals, assertEquals } from "@std/assert";
import { interpolate4d } from "./interpolate4d.ts";
import { sample } from "./sample.ts";
import { softArgmax } from "./soft_argmax.ts";

const plain = { temperature: 1, sigma: 0, radius: -1, masked: false };

Deno.test("softArgmax() is the expectation of the soft-max", () => {
  const out = new Float32Array(2);
  // Weights 1, 3 along one row of two cells.
  softArgmax(Float32Array.of(0, Math.log(3)), [1, 1, 2], plain, out);
  assertAlmostEquals(out[0]!, 0.75, 1e-6);
  assertEquals(out[1], 0);
  softArgmax(Float32Array.of(0, Math.log(3)), [1, 2, 1], plain, out);
  assertAlmostEquals(out[1]!, 0.75, 1e-6);
});

Deno.test("softArgmax() window keeps far cells at similarity 0, or leaves them out", () => {
  const out = new Float32Array(2), x = Float32Array.of(5, 0, 0, 5 - 1e-3);
  softArgmax(x, [1, 1, 4], { ...plain, radius: 1, masked: true }, out);
  // Only cells 0 and 1: e^0 against e^5.
  assertAlmostEquals(out[0]!, 1 / (1 + Math.exp(5)), 1e-6);
  softArgmax(x, [1, 1, 4], { ...plain, radius: 1 }, out);
  assertAlmostEquals(out[0]!, (1 + 2 + 3) / (3 + Math.exp(5)), 1e-6);
});

Deno.test("softArgmax() kernel multiplies similarities by a Gaussian around the best", () => {
  const out = new Float32Array(2);
  softArgmax(Float32Array.of(2, 2), [1, 1, 2], { ...plain, sigma: Math.SQRT1_2 }, out);
  // The second similarity becomes 2 / e.
  const weight = Math.exp(2 / Math.E - 2);
  assertAlmostEquals(out[0]!, weight / (1 + weight), 1e-6);
});

Deno.test("softArgmax() gives masked cells no weight, and no position where all are", () => {
  const out = new Float32Array(4);
  softArgmax(Float32Array.of(-Infinity, NaN, 1, -Infinity, NaN, NaN), [2, 1, 3], plain, out);
  assertEquals([...out], [2, 0, NaN, NaN]);
});

Deno.test("sample() blends four cells, counts cells outside as 0 or moves inside", () => {
  const map = { data: Float32Array.of(0, 1, 10, 11), height: 2, width: 2, channels: 1 };
  const out = new Float32Array(3), points = Float32Array.of(0.5, 0.25, -0.5, 0, 7, 7);
  sample(map, points, { border: false, relative: 0 }, out);
  assertEquals([...out], [3, 0, 0]);
  sample(map, Float32Array.of(1.5, 1, 0, 0), { border: false, relative: 0 }, out);
  assertEquals(out[0], 5.5);
  sample(map, points, { border: true, relative: 0 }, out);
  assertEquals([...out], [3, 0, 11]);
  // Relative to cells (0, 0), (1, 0), (0, 1) of a flow two cells wide.
  sample(map, Float32Array.of(1, 0, 0, 1, 0, 0), { border: true, relative: 2 }, out);
  assertEquals([...out], [1, 11, 10]);
});

Deno.test("interpolate4d() follows either convention of coordinates", () => {
  const x = Float32Array.of(0, 3);
  assertEquals([...interpolate4d(x, [1, 1, 1, 2], [1, 1, 1, 4], 1, true)], [0, 1, 2, 3]);
  // half-pixel: positions -0.25 (moved inside), 0.25, 0.75, 1.25 (moved inside)
  assertEquals([...interpolate4d(x, [2, 1, 1, 1], [4, 1, 1, 1], 1, false)], [0, 0.75, 2.25, 3]);
});
