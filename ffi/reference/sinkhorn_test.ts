import { assertAlmostEquals, assertEquals } from "@std/assert";
import { sinkhorn } from "./sinkhorn.ts";

const halves = Float32Array.of(0.5, 0.5);

Deno.test("sinkhorn() of a cost log 2 off the diagonal gives the plan found by hand", () => {
  // K = [[1, 1/2], [1/2, 1]], a = 1/2: b = (1/2) / (3/4) = 2/3, a = (1/2) / (3/2 * 2/3) = 1/2, plan = K / 3.
  const out = new Float32Array(4), cost = Float32Array.of(0, Math.LN2, Math.LN2, 0);
  sinkhorn({ cost, m: 2, n: 2, mu: halves, nu: halves, eps: 1, iterations: 1, scale: 1 }, out);
  for (const [i, want] of [1 / 3, 1 / 6, 1 / 6, 1 / 3].entries()) assertAlmostEquals(out[i]!, want, 1e-7);
});

Deno.test("sinkhorn() with unequal masses keeps the rows after one iteration", () => {
  // K = [[1, 1/2], [1, 1]], a = 1/2; b = (1/2, 1/2) / (1, 3/4) = (1/2, 2/3); K b = (5/6, 7/6);
  // a = (1/4, 3/4) / K b = (3/10, 9/14).
  const out = new Float32Array(4), cost = Float32Array.of(0, 3 * Math.LN2, 0, 0);
  sinkhorn({ cost, m: 2, n: 2, mu: Float32Array.of(0.25, 0.75), nu: halves, eps: 3, iterations: 1, scale: 2 }, out);
  const want = [0.3 * 0.5, 0.3 * 0.5 * 2 / 3, 9 / 14 * 0.5, 9 / 14 * 2 / 3].map((value) => 2 * value);
  for (const [i, value] of want.entries()) assertAlmostEquals(out[i]!, value, 1e-6);
});

Deno.test("sinkhorn() survives costs whose kernel underflows", () => {
  // Shifting every cost by the same amount changes no plan; exp(-1e4) is 0 even in double precision.
  const out = new Float32Array(4), cost = Float32Array.of(1e4, 1e4 + 8, 1e4 + 8, 1e4);
  sinkhorn({ cost, m: 2, n: 2, mu: halves, nu: halves, eps: 1, iterations: 3, scale: 1 }, out);
  const share = 0.5 / (1 + Math.exp(-8));
  for (const [i, want] of [share, 0.5 - share, 0.5 - share, share].entries()) assertAlmostEquals(out[i]!, want, 1e-6);
});

Deno.test("sinkhorn() never moves mass over a forbidden cost, nor from a row without any other", () => {
  const out = new Float32Array(4);
  const cost = Float32Array.of(NaN, Infinity, 1, NaN);
  sinkhorn({ cost, m: 2, n: 2, mu: halves, nu: halves, eps: 1, iterations: 2, scale: 1 }, out);
  assertEquals([...out], [0, 0, 0.5, 0]);
});
