import { assertEquals } from "@std/assert";
import { distance, limitOf } from "./compare.ts";

Deno.test("limitOf() decides exact ties as the official precisions do", () => {
  // In float32, 0.1, 0.05 and 0.15 lie above the decimal and 0.01 below.
  assertEquals(limitOf(0.1, 200, "float32-alpha") > 20, true);
  assertEquals(limitOf(0.05, 200, "float32-alpha") > 10, true);
  assertEquals(limitOf(0.01, 200, "float32-alpha") < 2, true);
  // The product rounded to float32 is exact again, except 0.15 * 840.
  assertEquals([0.05, 0.1].map((alpha) => limitOf(alpha, 840, "float32")), [42, 84]);
  assertEquals(limitOf(0.15, 840, "float32") > 126, true);
  assertEquals(limitOf(0.15, 840, "float64-product"), 126);
  assertEquals(limitOf(0.1, 200, "float64"), 20);
  assertEquals(limitOf(0.1, 200, "float64-ratio"), 0.1);
});

Deno.test("distance() is Euclidean, in either precision", () => {
  const a = Float64Array.of(0, 0, 3, 4);
  const b = Float64Array.of(0, 0);
  assertEquals([distance(a, 1, b, 0, false), distance(a, 1, b, 0, true)], [5, 5]);
  const c = Float64Array.of(1 / 3, 0);
  assertEquals(distance(c, 0, b, 0, true), Math.fround(1 / 3));
});
