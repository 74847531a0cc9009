/** One layer of TransforMatcher over side^4 matches: milliseconds. `deno run -A ffi/bench/additive_attention.ts` */
import { openOps } from "../mod.ts";
import { Random } from "../parity/parity.ts";
import { fastest } from "./fastest.ts";

using ops = await openOps({ log: console.log });
console.log(ops.description);
const random = new Random(1);
const t = (...shape: number[]) => ({ data: random.floats(shape.reduce((a, b) => a * b, 1)), shape });
const channels = 16, heads = 8, width = 4, inner = 32, hidden = 64;
const norm = { weight: t(channels), bias: t(channels) };
const weights = {
  norm,
  qkv: t(3 * inner, channels),
  queryLogit: t(width),
  keyLogit: t(width / 2),
  resultWeight: t(width, width / 2),
  resultBias: t(width),
  outWeight: t(channels, inner),
  outBias: t(channels),
};
const mlp = {
  norm,
  weight1: t(hidden, channels),
  bias1: t(hidden),
  weight2: t(channels, hidden),
  bias2: t(channels),
};
for (const side of [10, 15, 20]) {
  const tokens = side ** 4, angles = t(tokens, width);
  using x = await ops.tensor(random.floats(tokens * channels), [tokens, channels]);
  using cosine = await ops.tensor(angles.data, angles.shape);
  const rotation = { cosine, sine: cosine };
  const attend = await fastest(5, async () => (await ops.additiveAttention(x, weights, { heads, rotation })).dispose());
  const feed = await fastest(5, async () => (await ops.tokenMlp(x, mlp)).dispose());
  console.log(`${side}^4 tokens: attention ${attend.toFixed(1)} ms, network ${feed.toFixed(1)} ms`);
}
