import type { ParityCase, ParityOp, Random } from "./parity.ts";

function tensor(random: Random, ...shape: number[]) {
  return { data: random.floats(shape.reduce((a, b) => a * b, 1)), shape };
}

function attention(random: Random, tokens: number, channels: number, heads: number, width: number): ParityCase {
  const t = (...shape: number[]) => tensor(random, ...shape), inner = heads * width;
  const weights = {
    norm: { weight: t(channels), bias: t(channels) },
    qkv: t(3 * inner, channels),
    queryLogit: t(width),
    keyLogit: t(width / 2),
    resultWeight: t(width, width / 2),
    resultBias: t(width),
    outWeight: t(channels, inner),
    outBias: t(channels),
  };
  const rotation = random.next() < 0.7 ? { cosine: t(tokens, width), sine: t(tokens, width) } : undefined;
  const x = t(tokens, channels);
  return {
    name: `${tokens} tokens, ${channels} channels, ${heads} heads of ${width}${rotation ? ", turned" : ""}`,
    run: async (ops) => ({ out: await ops.additiveAttention(x, weights, { heads, ...(rotation && { rotation }) }) }),
  };
}

/** The attention. */
export const additiveAttention = {
  name: "additiveAttention",
  // Sums of up to 67 products through three linear layers and two soft-maxes.
  tolerance: 2e-5,
  fixed: (random) => [
    attention(random, 2500, 16, 8, 4),
    attention(random, 1, 3, 1, 2),
    attention(random, 33, 1, 2, 6),
    attention(random, 70, 24, 1, 64),
  ],
  random: (random) => {
    const width = random.pick([2, 4, 8]);
    return attention(random, random.size() * random.integer(1, 9), random.side(33), random.integer(1, 5), width);
  },
} satisfies ParityOp;

function network(
  random: Random,
  tokens: number,
  channels: number,
  hidden: number,
  values: "floats" | "wild" = "floats",
): ParityCase {
  const t = (...shape: number[]) => tensor(random, ...shape);
  const weights = {
    norm: { weight: t(channels), bias: t(channels) },
    weight1: t(hidden, channels),
    bias1: t(hidden),
    weight2: t(channels, hidden),
    bias2: t(channels),
  };
  const x = { data: random[values](tokens * channels), shape: [tokens, channels] };
  return {
    name: `${tokens} tokens of ${values}, ${channels} channels, ${hidden} hidden`,
    run: async (ops) => ({ out: await ops.tokenMlp(x, weights) }),
  };
}

/** The network after it. */
export const tokenMlp = {
  name: "tokenMlp",
  tolerance: 4e-6,
  fixed: (
    random,
  ) => [
    network(random, 1000, 16, 64),
    network(random, 5, 7, 0),
    network(random, 0, 7, 5),
    network(random, 90, 5, 19, "wild"),
  ],
  random: (random) => network(random, random.size() * 3, random.side(33), random.side()),
} satisfies ParityOp;
