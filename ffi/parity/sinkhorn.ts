import type { ParityCase, ParityOp, Random } from "./parity.ts";

interface Given {
  readonly m: number;
  readonly n: number;
  readonly eps: number;
  readonly iterations: number;
  readonly cost: Float32Array;
}

function transport(random: Random, name: string, { m, n, eps, iterations, cost }: Given): ParityCase {
  const masses = (count: number) => ({
    // Some masses are 0: such a row or column moves nothing.
    data: Float32Array.from({ length: count }, () => random.next() < 0.05 ? 0 : (0.2 + random.next()) / count),
    shape: [count],
  });
  const mu = random.next() < 0.8 ? masses(m) : undefined, nu = random.next() < 0.8 ? masses(n) : undefined;
  const options = { eps, iterations, scale: m, ...(mu && { mu }), ...(nu && { nu }) };
  return { name, run: async (ops) => ({ plan: await ops.sinkhorn({ data: cost, shape: [m, n] }, options) }) };
}

export default {
  name: "sinkhorn",
  // The exponent -cost / eps is as large as 60: its float32 rounding is the error.
  tolerance: 2e-5,
  fixed: (random) => [
    transport(random, "NaN and infinity", { m: 67, n: 131, eps: 0.5, iterations: 3, cost: random.wild(67 * 131) }),
    transport(random, "all forbidden", { m: 3, n: 5, eps: 1, iterations: 2, cost: new Float32Array(15).fill(NaN) }),
    transport(random, "sharp", { m: 70, n: 65, eps: 0.03, iterations: 4, cost: random.floats(70 * 65) }),
    transport(random, "equal costs", { m: 9, n: 200, eps: 0.1, iterations: 1, cost: new Float32Array(1800).fill(7) }),
  ],
  random: (random) => {
    const m = random.size(), n = random.size(), eps = random.pick([0.05, 0.3, 2]), iterations = random.integer(1, 5);
    const cost = random.floats(m * n);
    return transport(random, `[${m}, ${n}] eps ${eps}, ${iterations} iterations`, { m, n, eps, iterations, cost });
  },
} satisfies ParityOp;
