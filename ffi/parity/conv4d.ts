import type { Conv4dLayer } from "../ops/conv4d.ts";
import type { ParityCase, ParityOp, Random } from "./parity.ts";

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

function chosen(
  random: Random,
  size: readonly [number, number, number, number],
  kernels: readonly Kernel[],
  channels: readonly number[],
  count: number,
  values: "floats" | "wild" = "floats",
): ParityCase {
  const { name, x, layers, symmetric } = given(random, size, kernels, channels, values);
  const [I, J, K, L] = size, volume = { data: x.data, shape: [I * J, K * L * channels[0]!] };
  // One in twenty lies outside.
  const cell = (cells: number) => random.next() < 0.05 ? random.pick([-1, cells]) : random.integer(0, cells - 1);
  const data = Int32Array.from({ length: 2 * count }, (_, i) => cell(i % 2 === 0 ? I * J : K * L));
  return {
    name: `${name}, ${count} pairs`,
    run: async (ops) => ({ out: await ops.conv4dAt(volume, { data, shape: [count, 2] }, layers, { size, symmetric }) }),
  };
}

/** The same at chosen pairs. */
export const conv4dAt = {
  name: "conv4dAt",
  // As above, but the largest of a few values may itself be what cancelling sums left over.
  tolerance: 2e-5,
  fixed: (random) => [
    chosen(random, [6, 5, 5, 7], [[3, 3, 3, 3], [3, 3, 3, 3]], [1, 16, 1], 70),
    chosen(random, [4, 5, 3, 6], [[1, 3, 3, 5], [3, 1, 3, 3]], [2, 17, 3], 20),
    chosen(random, [2, 3, 4, 7], [[5, 5, 5, 5]], [1, 1], 20),
    chosen(random, [1, 1, 1, 1], [[3, 3, 3, 3], [1, 1, 1, 1], [3, 3, 3, 3]], [3, 5, 4, 2], 2),
    chosen(random, [3, 4, 5, 6], [[1, 1, 3, 3]], [1, 5], 60, "wild"),
    chosen(random, [3, 3, 3, 3], [[3, 3, 3, 3]], [1, 16], 0),
  ],
  random: (random) => {
    const size = [random.integer(1, 5), random.integer(1, 5), random.integer(1, 5), random.integer(1, 9)] as const;
    const layers = random.integer(1, 2), side = () => random.pick([1, 3]);
    const kernels = Array.from({ length: layers }, (): Kernel => [side(), side(), side(), random.pick([1, 3, 5])]);
    const channels = Array.from({ length: layers + 1 }, () => random.pick([1, 1, 2, 4, 5, 8, 16, 17]));
    return chosen(random, size, kernels, channels, random.size(17));
  },
} satisfies ParityOp;
