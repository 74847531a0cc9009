import type { ParityCase, ParityOp, Random } from "./parity.ts";

interface Given {
  readonly levels: number;
  readonly nx: number;
  readonly ny: number;
  readonly values?: "floats" | "wholes" | "wild";
}

function pyramid(random: Random, { levels, nx, ny, values = "floats" }: Given): ParityCase {
  const nodes = (4 ** levels - 1) / 3;
  const unary = { data: random[values](nodes * nx * ny), shape: [nodes, nx, ny] };
  const options = {
    levels,
    stretch: random.pick([0, 0.005, 0.1, 1]),
    bound: random.pick([0, 0.25, 3]),
    iterations: random.integer(1, 6),
    upward: random.next() < 0.5,
  };
  return {
    name: `${levels} levels, ${nx} x ${ny} ${values}, ${JSON.stringify(options)}`,
    run: async (ops) => ({ states: await ops.bpPyramid(unary, options) }),
  };
}

/** Every sum is taken in the definition's order: every implementation must agree exactly. */
export default {
  name: "bpPyramid",
  tolerance: 0,
  fixed: (random) => [
    pyramid(random, { levels: 3, nx: 21, ny: 31 }),
    pyramid(random, { levels: 1, nx: 4, ny: 5 }),
    pyramid(random, { levels: 3, nx: 1, ny: 1 }),
    pyramid(random, { levels: 2, nx: 0, ny: 3 }),
    pyramid(random, { levels: 4, nx: 3, ny: 17, values: "wholes" }),
    pyramid(random, { levels: 3, nx: 9, ny: 7, values: "wild" }),
    pyramid(random, { levels: 2, nx: 41, ny: 33, values: "wholes" }),
  ],
  random: (random) =>
    pyramid(random, {
      levels: random.integer(1, 4),
      nx: random.size(33),
      ny: random.size(33),
      values: random.pick(["floats", "wholes", "wild"]),
    }),
} satisfies ParityOp;
