import type { ParityOp, Random } from "./parity.ts";

/** Whole numbers: their distances are exact up to one square root, so ties are ties everywhere. */
function maps(random: Random, [rows, cols, targetRows, targetCols, channels]: readonly number[], wild = false) {
  const values = (count: number) => wild ? random.wild(count) : random.wholes(count);
  return {
    a: { data: values(rows! * cols! * channels!), shape: [rows!, cols!, channels!] },
    b: { data: values(targetRows! * targetCols! * channels!), shape: [targetRows!, targetCols!, channels!] },
  };
}

const randomSizes = (random: Random) => [...Array.from({ length: 4 }, () => random.integer(1, 15)), random.size(67)];

/** Distances of a grid. */
export const translationCosts = {
  name: "translationCosts",
  tolerance: 1e-6,
  fixed: (random) =>
    [
      { ...maps(random, [7, 9, 8, 5, 16]), step: 3, nx: 2, ny: 1, bound: 4 },
      { ...maps(random, [7, 9, 8, 5, 33], true), step: 1, nx: 4, ny: 12, bound: 500 },
      { ...maps(random, [0, 9, 8, 5, 4]), step: 1, nx: 1, ny: 1, bound: 1 },
      { ...maps(random, [3, 4, 2, 2, 0]), step: 2, nx: 0, ny: 0, bound: 1 },
    ].map(({ a, b, ...options }) => ({
      name: `[${a.shape}] to [${b.shape}] ${JSON.stringify(options)}`,
      run: async (ops) => ({ out: await ops.translationCosts(a, b, options) }),
    })),
  random: (random) => {
    const { a, b } = maps(random, randomSizes(random));
    const options = {
      step: random.integer(1, 4),
      nx: random.integer(0, 4),
      ny: random.integer(0, 4),
      bound: random.integer(1, 20),
    };
    return {
      name: `[${a.shape}] to [${b.shape}] ${JSON.stringify(options)}`,
      run: async (ops) => ({ out: await ops.translationCosts(a, b, options) }),
    };
  },
} satisfies ParityOp;

/** The search: whole numbers, so the displacement must be the very one. */
export const windowMatch = {
  name: "windowMatch",
  tolerance: 1e-6,
  fixed: (random) => {
    const { a, b } = maps(random, [6, 7, 5, 9, 1], true), start = new Int32Array(2 * 6 * 7);
    return [{
      name: "NaN and infinity",
      run: async (ops) => {
        const { flow, cost } = await ops.windowMatch(a, b, { radius: 3, step: 1, penalty: 0.25, outside: 2, start });
        return { flow, cost };
      },
    }];
  },
  random: (random) => {
    const { a, b } = maps(random, randomSizes(random));
    const [rows, cols] = a.shape;
    const start = Int32Array.from({ length: 2 * rows! * cols! }, () => random.integer(-6, 6));
    const options = {
      radius: random.integer(0, 7),
      step: random.integer(1, 3),
      penalty: random.pick([0, 0.25, 2.5, 0.1]),
      outside: random.integer(0, 9),
    };
    return {
      name: `[${a.shape}] to [${b.shape}] ${JSON.stringify(options)}`,
      run: async (ops) => {
        const { flow, cost } = await ops.windowMatch(a, b, { ...options, start });
        return { flow, cost };
      },
    };
  },
} satisfies ParityOp;
