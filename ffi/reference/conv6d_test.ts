import { assertEquals } from "@std/assert";
import { conv6d } from "./conv6d.ts";

Deno.test("conv6d() correlates along every axis, without turning the kernel round", () => {
  // Along one axis at a time: [1, 2, 3] with taps [10, 100, 1000] gives 100 + 2000, 10 + 200 + 3000, 20 + 300.
  for (let axis = 0; axis < 6; axis++) {
    const along = Array.from({ length: 6 }, (_, a) => a === axis ? 3 : 1);
    const sizes = along as [number, number, number, number, number, number];
    const out = new Float32Array(3);
    const x = Float32Array.of(1, 2, 3), weights = Float32Array.of(10, 100, 1000);
    conv6d({ x, size: sizes, weights, kernel: sizes, bias: 0, relu: false }, out);
    assertEquals([...out], [2100, 3210, 320]);
  }
});

Deno.test("conv6d() adds the bias before ReLU, and counts the taps in range", () => {
  // All ones, a 3^6 kernel of ones over 2^6: every position sees all 64 values.
  const out = new Float32Array(64), x = new Float32Array(64).fill(1), weights = new Float32Array(729).fill(1);
  const given = { x, size: [2, 2, 2, 2, 2, 2], weights, kernel: [3, 3, 3, 3, 3, 3] } as const;
  conv6d({ ...given, bias: 0.5, relu: false }, out);
  assertEquals([...out], new Array(64).fill(64.5));
  conv6d({ ...given, bias: -65, relu: true }, out);
  assertEquals([...out], new Array(64).fill(0));
});

Deno.test("conv6d() weights the scale axes apart from space", () => {
  // Two source scales, one place: scale 0 sees its own and the next, scale 1 the one before and its own.
  const out = new Float32Array(2);
  const weights = Float32Array.of(3, 5, 7);
  conv6d(
    { x: Float32Array.of(1, 10), size: [2, 1, 1, 1, 1, 1], weights, kernel: [3, 1, 1, 1, 1, 1], bias: 0, relu: false },
    out,
  );
  assertEquals([...out], [5 + 70, 3 + 50]);
});
