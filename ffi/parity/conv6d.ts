import type { ParityCase, ParityOp, Random } from "./parity.ts";

function layer(
  random: Random,
  size: readonly number[],
  kernel: readonly number[],
  tied = false,
  values: "floats" | "wild" = "floats",
): ParityCase {
  const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  const weights = random.floats(count(kernel)), bias = random.next() - 0.5, relu = random.next() < 0.5;
  if (tied) {
    // Scale offsets 1, 3, ... share one 4-D kernel, as do 0, 4, ...
    const taps = count(kernel.slice(-4));
    for (let o = 2; o * taps < weights.length; o++) {
      weights.copyWithin(o * taps, (o % 2) * taps, (o % 2 + 1) * taps);
    }
  }
  const x = { data: random[values](count(size)), shape: size };
  return {
    name: `[${size}] of ${values} with [${kernel}]${tied ? ", tied" : ""}${relu ? ", ReLU" : ""}`,
    run: async (ops) => ({ out: await ops.conv6d(x, { weights: { data: weights, shape: kernel }, bias, relu }) }),
  };
}

/** Sizes whose product stays small enough for the definition. */
const small = [1, 2, 3, 4, 5, 6];

export default {
  name: "conv6d",
  // Sums of up to 5625 products in float32.
  tolerance: 4e-6,
  fixed: (random) => [
    layer(random, [3, 3, 3, 2, 4, 5], [3, 3, 5, 5, 5, 5]),
    layer(random, [3, 3, 3, 2, 5, 6], [3, 3, 3, 3, 5, 5], true),
    layer(random, [2, 3, 2, 2, 3, 2], [5, 3, 1, 3, 1, 3], true),
    layer(random, [2, 3, 17, 19], [3, 3, 5, 5]),
    layer(random, [2, 1, 31, 33], [1, 1, 7, 9]),
    layer(random, [2, 2, 8, 67], [3, 1, 3, 3]),
    layer(random, [1, 1, 30, 5], [1, 1, 11, 5]),
    layer(random, [3, 0, 4, 4], [3, 3, 3, 3]),
    layer(random, [4, 3, 17, 9], [1, 1, 3, 3], false, "wild"),
    layer(random, [3, 3, 2, 3, 5, 9], [3, 3, 1, 1, 1, 3], false, "wild"),
  ],
  random: (random) => {
    const pick = (values: readonly number[]) => random.pick(values);
    const six = random.next() < 0.5;
    const size = [pick(small), pick(small), random.side(17), random.side(17)];
    const kernel = Array.from({ length: 4 }, () => pick([1, 3, 5]));
    if (!six) return layer(random, size, kernel);
    const scales = [pick([1, 2, 3]), pick([1, 2, 3])], reach = [pick([1, 3]), pick([1, 3])];
    const reduced = size.map((side) => Math.min(side, 5));
    return layer(random, [...scales, ...reduced], [...reach, ...kernel], random.next() < 0.5);
  },
} satisfies ParityOp;
