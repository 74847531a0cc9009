import type { Conv4dLayer } from "../ops/conv4d.ts";
import type { ParityOp, Random } from "./parity.ts";

type Kernel = Conv4dLayer["kernel"];

function layersOf(random: Random, kernels: readonly Kernel[], channels: readonly number[]): Conv4dLayer[] {
  return kernels.map((kernel, i) => {
    const inChannels = channels[i]!, outChannels = channels[i + 1]!;
    const count = kernel.reduce((a, b) => a * b, inChannels * outChannels);
    return {
      kernel,
      inChannels,
      outChannels,
      weights: random.floats(count),
      bias: random.floats(outChannels),
      relu: random.next() < 0.5,
    };
  });
}

function given(
  random: Random,
  size: readonly number[],
  kernels: readonly Kernel[],
  channels: readonly number[],
  values: "floats" | "wild" = "floats",
) {
  const shape = [...size, channels[0]!], count = shape.reduce((a, b) => a * b, 1);
  const symmetric = random.next() < 0.5;
  const layers = layersOf(random, kernels, channels);
  return {
    name: `[${shape}] of ${values}, kernels ${kernels.join(" / ")} channels ${channels} symmetric ${symmetric}`,
    x: { data: random[values](count), shape },
    layers,
    symmetric,
  };
}

export default {
  name: "conv4d",
  // Sums of up to 10^4 products; measured 1e-6 on ordinary layers.
  tolerance: 5e-6,
  fixed: (random) =>
    [
      given(random, [4, 5, 6, 7], [[5, 5, 5, 5], [3, 3, 3, 3], [3, 3, 3, 3]], [1, 16, 16, 1]),
      given(random, [3, 4, 5, 27], [[3, 3, 5, 5], [3, 3, 3, 3]], [1, 10, 1]),
      given(random, [4, 4, 9, 9], [[5, 5, 5, 5]], [1, 1]),
      given(random, [2, 2, 3, 70], [[3, 3, 3, 3]], [1, 2]),
      given(random, [2, 3, 2, 31], [[1, 3, 3, 5]], [2, 3]),
      given(random, [2, 2, 2, 33], [[3, 1, 3, 3]], [5, 35]),
      given(random, [1, 1, 1, 1], [[7, 7, 7, 7]], [3, 8]),
      // What is not a number reaches the cells whose kernel meets it, and no others.
      given(random, [3, 4, 9, 19], [[1, 1, 3, 3]], [1, 5], "wild"),
      given(random, [2, 3, 4, 17], [[1, 1, 1, 1], [1, 1, 1, 1]], [8, 16, 1], "wild"),
    ].map(({ name, x, layers, symmetric }) => ({
      name,
      run: async (ops) => ({ out: await ops.conv4d(x, layers, { symmetric }) }),
    })),
  random: (random) => {
    const size = [random.size(5), random.size(5), random.size(8), random.size(33)];
    const count = random.integer(1, 2);
    const kernels = Array.from(
      { length: count },
      (): Kernel => [random.pick([1, 3]), random.pick([1, 3]), random.pick([1, 3, 5]), random.pick([1, 3, 5, 7])],
    );
    const channels = Array.from({ length: count + 1 }, () => random.pick([1, 1, 2, 4, 5, 8, 10, 16, 17]));
    const { name, x, layers, symmetric } = given(random, size, kernels, channels);
    return { name, run: async (ops) => ({ out: await ops.conv4d(x, layers, { symmetric }) }) };
  },
} satisfies ParityOp;
