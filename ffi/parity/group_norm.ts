import type { ParityOp } from "./parity.ts";

const activations = ["none", "relu", "gelu"] as const;

export default {
  name: "groupNorm",
  // GELU's error function is wrong by 1.5e-7 at most.
  tolerance: 3e-6,
  fixed: () => [
    {
      name: "a channel of equal values",
      run: async (ops) => {
        const weights = { data: Float32Array.of(1, 2, 3), shape: [3] };
        const x = { data: new Float32Array(3 * 33).fill(0.5), shape: [1, 3, 33] };
        return { out: await ops.groupNorm(x, { norm: { groups: 3, weight: weights, bias: weights, eps: 1e-5 } }) };
      },
    },
    {
      name: "no norm: NaN and infinity",
      run: async (ops) => {
        const x = { data: Float32Array.of(NaN, Infinity, -Infinity, -1, 0, 2), shape: [1, 2, 3] };
        return { out: await ops.groupNorm(x, { activation: "relu" }), same: await ops.groupNorm(x, {}) };
      },
    },
  ],
  random: (random) => {
    const groups = random.integer(1, 4), channels = groups * random.integer(1, 3);
    const shape = [random.size(3), channels, random.size(), random.size()];
    const count = shape.reduce((a, b) => a * b, 1), activation = random.pick(activations);
    const x = { data: random.floats(count), shape };
    const vector = () => ({ data: random.floats(channels), shape: [channels] });
    const norm = { groups, weight: vector(), bias: vector(), eps: 1e-5 };
    const add = random.integer(0, 1) === 0 ? {} : { add: { data: random.floats(count), shape } };
    const options = { activation, ...add, ...(random.integer(0, 3) > 0 && { norm }) };
    return {
      name: `[${shape}], ${groups} groups, ${Object.keys(options)}, ${activation}`,
      run: async (ops) => ({ out: await ops.groupNorm(x, options) }),
    };
  },
} satisfies ParityOp;
