import type { ParityCase, ParityOp, Random } from "./parity.ts";

interface Given {
  readonly batch: number;
  readonly channels: number;
  readonly outputs: number;
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly values?: "floats" | "wild";
}

function layer(random: Random, given: Given): ParityCase {
  const { batch, channels, outputs, size, kernel, stride, values = "floats" } = given;
  const tensor = (shape: readonly number[], kind: "floats" | "wild" = "floats") => ({
    data: random[kind](shape.reduce((a, b) => a * b, 1)),
    shape,
  });
  const pair = (first: number) => ({
    weights: tensor([outputs, channels, kernel[first]!, kernel[first + 1]!]),
    bias: tensor([outputs]),
    stride: [stride[first]!, stride[first + 1]!] as const,
  });
  const x = tensor([batch, channels, ...size], values), source = pair(0), target = pair(2);
  return {
    name: `[${x.shape}] to ${outputs}, kernel ${kernel}, stride ${stride}`,
    run: async (ops) => ({ out: await ops.separable4d(x, source, target) }),
  };
}

export default {
  name: "separable4d",
  // Two sums of up to 500 products in float32.
  tolerance: 2e-6,
  fixed: (random) => [
    layer(random, {
      batch: 2,
      channels: 4,
      outputs: 6,
      size: [8, 6, 5, 4],
      kernel: [5, 5, 3, 3],
      stride: [4, 4, 1, 1],
    }),
    layer(random, {
      batch: 1,
      channels: 3,
      outputs: 13,
      size: [7, 6, 5, 9],
      kernel: [3, 3, 3, 3],
      stride: [2, 2, 2, 2],
    }),
    layer(random, {
      batch: 1,
      channels: 17,
      outputs: 1,
      size: [2, 3, 1, 5],
      kernel: [5, 1, 1, 5],
      stride: [1, 3, 2, 1],
    }),
    layer(random, {
      batch: 1,
      channels: 2,
      outputs: 3,
      size: [5, 7, 17, 19],
      kernel: [3, 3, 3, 3],
      stride: [1, 1, 1, 2],
    }),
    layer(random, {
      batch: 1,
      channels: 2,
      outputs: 5,
      size: [3, 0, 4, 4],
      kernel: [3, 3, 3, 3],
      stride: [1, 1, 1, 1],
    }),
    // Kernels of one tap keep infinities from meeting each other in a sum.
    layer(random, {
      batch: 1,
      channels: 1,
      outputs: 1,
      size: [4, 5, 6, 7],
      kernel: [1, 1, 1, 1],
      stride: [2, 2, 3, 1],
      values: "wild",
    }),
  ],
  random: (random) => {
    const side = () => random.integer(1, 9), odd = () => random.pick([1, 3, 5]), step = () => random.pick([1, 1, 2, 3]);
    return layer(random, {
      batch: random.integer(1, 2),
      channels: random.integer(1, 5),
      outputs: random.integer(1, 14),
      size: [side(), side(), side(), side()],
      kernel: [odd(), odd(), odd(), odd()],
      stride: [step(), step(), step(), step()],
    });
  },
} satisfies ParityOp;
