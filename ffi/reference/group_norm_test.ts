import { assertAlmostEquals, assertEquals } from "@std/assert";
import { groupNorm } from "./group_norm.ts";

Deno.test("groupNorm() takes mean and variance over a group's channels and all positions of one example", () => {
  // Example 0: channels 0, 1 hold 1, 3, 5, 7: mean 4, variance 5. Channels 2, 3 are constant. Example 1: all 0.
  const x = Float32Array.of(1, 3, 5, 7, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0), out = new Float32Array(16);
  const norm = { groups: 2, weight: Float32Array.of(1, 2, 1, 1), bias: Float32Array.of(0, 1, 3, 4), eps: 4 };
  groupNorm(x, [2, 4, 2], norm, "none", null, out);
  // Divided by sqrt(5 + 4) = 3.
  [-1, -1 / 3, 2 / 3 + 1, 2 + 1, 3, 3, 4, 4, 0, 0, 1, 1, 3, 3, 4, 4].forEach((want, i) =>
    assertAlmostEquals(out[i]!, want, 1e-6)
  );
});

Deno.test("groupNorm() without a norm activates and adds", () => {
  const out = new Float32Array(3), x = Float32Array.of(-1, 1, 2);
  groupNorm(x, [1, 1, 3], null, "relu", Float32Array.of(10, 10, 10), out);
  assertEquals([...out], [10, 11, 12]);
  groupNorm(x, [1, 1, 3], null, "gelu", null, out);
  // x times the normal distribution's cumulative probability.
  [-0.1586552539, 0.8413447461, 1.9544997361].forEach((want, i) => assertAlmostEquals(out[i]!, want, 1e-6));
});
