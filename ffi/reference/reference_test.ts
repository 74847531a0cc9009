import { assertAlmostEquals, assertEquals } from "@std/assert";
import { argmaxRows } from "./argmax_rows.ts";
import { correlate } from "./correlate.ts";
import { l2Normalize } from "./l2_normalize.ts";

Deno.test("l2Normalize() divides by each rule's own length", () => {
  const out = new Float32Array(2);
  const x = Float32Array.of(3, 4); // length 5
  l2Normalize(x, 1, 2, "plus", 5, out);
  assertAlmostEquals(out[0]!, 0.3, 1e-7);
  assertAlmostEquals(out[1]!, 0.4, 1e-7);
  l2Normalize(x, 1, 2, "max", 2, out);
  assertAlmostEquals(out[1]!, 0.8, 1e-7);
  l2Normalize(x, 1, 2, "max", 8, out);
  assertEquals([...out], [0.375, 0.5]);
  l2Normalize(x, 1, 2, "root", 75, out); // sqrt(25 + 75) = 10
  assertAlmostEquals(out[0]!, 0.3, 1e-7);
});

Deno.test("correlate() takes dot products of the wanted rows, in the wanted order", () => {
  const out = new Float32Array(4);
  const a = Float32Array.of(1, 2, 3, 4), b = Float32Array.of(5, -6, 0, 1);
  const base = { a, m: 2, b, n: 2, channels: 2, norm: null, relu: false };
  correlate({ ...base, rows: null }, out);
  assertEquals([...out], [-7, 2, -9, 4]);
  correlate({ ...base, rows: Int32Array.of(1, 1), relu: true }, out);
  assertEquals([...out], [0, 4, 0, 4]);
});

Deno.test("argmaxRows() gives ties to the lowest index and nothing to NaN or -Infinity", () => {
  const index = new Int32Array(4), score = new Float32Array(4);
  argmaxRows(Float32Array.of(1, 3, 3, NaN, 2, -Infinity, NaN, NaN, NaN, -Infinity, NaN, -Infinity), 4, 3, index, score);
  assertEquals([...index], [1, 1, -1, -1]);
  assertEquals([...score], [3, 2, NaN, NaN]);
});
