import { assertAlmostEquals, assertEquals } from "@std/assert";
import { additiveAttention, layerNorm } from "./additive_attention.ts";
import { erf, tokenMlp } from "./token_mlp.ts";

const f = (...values: number[]) => Float32Array.from(values);
/** Two channels a, b with a > b become 1, -1 (eps 0). */
const norm = { weight: f(1, 1), bias: f(0, 0) };

Deno.test("layerNorm() gives mean 0 and variance 1, then scales and shifts", () => {
  assertEquals([...layerNorm([3, 1, 0, 4], 2, { weight: f(2, 10), bias: f(0.5, 0) }, 0)], [2.5, -10, -1.5, 10]);
});

// Tokens (3, 1) and (0, 4) are normalised to (1, -1) and (-1, 1). One head of width 2.
const weights = {
  norm,
  // q = (t0, 0), k = (t0, t1), v = (0, t1)
  qkv: f(1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1),
  queryLogit: f(Math.SQRT2 * Math.LN2, 0), // logits +-ln 2: weights 4/5 and 1/5
  keyLogit: f(Math.SQRT2 * Math.LN2 * 5 / 3),
  resultWeight: f(1, 10),
  resultBias: f(0.5, 0),
  outWeight: f(1, 0, 0, 1),
  outBias: f(100, 200),
};

Deno.test("additiveAttention() of two tokens gives what is found by hand", () => {
  const out = new Float32Array(4);
  additiveAttention(f(3, 1, 0, 4), 2, 1, weights, null, 0, out);
  // Global query: 4/5 (1, 0) + 1/5 (-1, 0) = (3/5, 0). k' = 3/5 t0 = +-3/5, logits +-ln 2: weights 4/5, 1/5 again.
  // Global key: 4/5 (1, -1) + 1/5 (-1, 1) = (3/5, -3/5). v' = -3/5 t1 = 3/5, -3/5.
  // r = (v' + 1/2 + t0, 10 v'), then the bias and the residual.
  const want = [0.6 + 0.5 + 1 + 100 + 3, 6 + 200 + 1, -0.6 + 0.5 - 1 + 100, -6 + 200 + 4];
  for (const [i, value] of want.entries()) assertAlmostEquals(out[i]!, value, 1e-5);
});

Deno.test("additiveAttention() turns queries and keys before summing them, not before weighing them", () => {
  const out = new Float32Array(4);
  // A quarter turn of the second token only: (a, b) becomes (-b, a).
  const rotation = { cosine: f(1, 1, 0, 0), sine: f(0, 0, 1, 1) };
  additiveAttention(f(3, 1, 0, 4), 2, 1, { ...weights, keyLogit: f(0) }, rotation, 0, out);
  // Only the key matters (its logits are 0): 1/2 (1, -1) + 1/2 (-1, -1) = (0, -1). v' = -t1 = 1, -1.
  const want = [1 + 0.5 + 1 + 100 + 3, 10 + 200 + 1, -1 + 0.5 - 1 + 100, -10 + 200 + 4];
  for (const [i, value] of want.entries()) assertAlmostEquals(out[i]!, value, 1e-5);
});

Deno.test("erf() has the tabulated values", () => {
  // Abramowitz and Stegun, table 7.1.
  for (
    const [x, y] of [[0, 0], [0.5, 0.5204998778], [1, 0.8427007929], [2, 0.9953222650], [2.6, 0.9997639656]] as const
  ) {
    assertAlmostEquals(erf(x), y, 1e-10);
    assertAlmostEquals(erf(-x), -y, 1e-10);
  }
  assertEquals(erf(Infinity), 1);
  assertEquals(erf(NaN), NaN);
});

Deno.test("tokenMlp() adds the hidden layer's result to the token", () => {
  const out = new Float32Array(2);
  // norm (1, -1); hidden (1, -1); gelu(1) = 0.8413447461, gelu(-1) = -0.1586552539.
  const identity = f(1, 0, 0, 1);
  tokenMlp(f(3, 1), 2, { norm, weight1: identity, bias1: f(0, 0), weight2: f(1, 0, 1, 1), bias2: f(0, 7) }, 0, out);
  assertAlmostEquals(out[0]!, 3 + 0.8413447461, 1e-6);
  assertAlmostEquals(out[1]!, 1 + 0.8413447461 - 0.1586552539 + 7, 1e-6);
});
