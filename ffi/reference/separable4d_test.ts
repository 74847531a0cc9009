import { assertEquals } from "@std/assert";
import { separable4d } from "./separable4d.ts";

const pair = (weights: number[], bias: number, side: number, stride: number) => ({
  weights: Float32Array.from(weights),
  bias: Float32Array.of(bias),
  kernel: [1, side] as const,
  stride: [1, stride] as const,
});

Deno.test("separable4d() sums the convolutions of both pairs", () => {
  // One row of two source cells x three target cells: [[1, 2, 3], [10, 20, 30]].
  const out = new Float32Array(6), x = Float32Array.of(1, 2, 3, 10, 20, 30);
  // The source branch takes the cell itself + 100 x the next one; the target branch 1000 x the one before.
  separable4d(x, 1, [1, 2, 1, 3], pair([0, 1, 100], 0.5, 3, 1), pair([1000, 0, 0], 0.25, 3, 1), out);
  assertEquals(
    [...out],
    Array.from(x, (_, i) => {
      const own = x[i]! + (i < 3 ? 100 * x[i + 3]! : 0), before = i % 3 === 0 ? 0 : 1000 * x[i - 1]!;
      return own + before + 0.75;
    }),
  );
  assertEquals(out[1], 2 + 100 * 20 + 1000 * 1 + 0.75);
});

Deno.test("separable4d() pools the other pair by its stride, the last window being smaller", () => {
  // Target stride 2: the source branch sees max(1, 5) and 3, the target branch the cells 0 and 2.
  const out = new Float32Array(2);
  separable4d(Float32Array.of(1, 5, 3), 1, [1, 1, 1, 3], pair([1], 0, 1, 1), pair([10], 0, 1, 2), out);
  assertEquals([...out], [5 + 10, 3 + 30]);
  // Source stride 2 of three source cells: likewise, the roles swapped.
  separable4d(Float32Array.of(1, 5, 3), 1, [1, 3, 1, 1], pair([10], 0, 1, 2), pair([1], 0, 1, 1), out);
  assertEquals([...out], [5 + 10, 3 + 30]);
});

Deno.test("separable4d() leaves NaN out of a window that has a number", () => {
  const out = new Float32Array(1);
  separable4d(Float32Array.of(-1, NaN), 1, [1, 1, 1, 2], pair([1], 0, 1, 1), pair([0], 0, 1, 2), out);
  assertEquals([...out], [-1]);
});
