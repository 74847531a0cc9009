import type { ParityCase, ParityOp, Random } from "./parity.ts";

interface Given {
  readonly m: number;
  readonly n: number;
  readonly cell: number;
  readonly nx: number;
  readonly ny: number;
  readonly votes: Float32Array;
}

function vote(random: Random, name: string, { m, n, cell, nx, ny, votes }: Given): ParityCase {
  // Offsets reach a little beyond the space on every side.
  const along = (side: number) => (random.next() * 1.2 - 0.1) * side * cell / 2;
  const places = (count: number) => ({
    data: Float32Array.from({ length: 2 * count }, (_, i) => along(i % 2 === 0 ? nx : ny)),
    shape: [count, 2],
  });
  const source = places(m), target = places(n), side = random.pick([1, 3, 7]), wide = random.pick([1, 5]);
  const filter = { data: Float32Array.from({ length: side * wide }, () => random.next()), shape: [side, wide] };
  return {
    name,
    run: async (ops) => {
      const { confidence, space } = await ops.hough({ data: votes, shape: [m, n] }, {
        source,
        target,
        filter,
        cell,
        nx,
        ny,
      });
      return { confidence, space };
    },
  };
}

const positive = (random: Random, count: number) => random.floats(count).map((value) => Math.max(0, value));

export default {
  name: "hough",
  // Counts are double; one rounding of the space and one product remain.
  tolerance: 4e-7,
  fixed: (random) => [
    vote(random, "NaN and infinity", { m: 30, n: 41, cell: 1.7, nx: 9, ny: 5, votes: random.wild(30 * 41) }),
    vote(random, "one bin", { m: 33, n: 17, cell: 40, nx: 1, ny: 1, votes: positive(random, 33 * 17) }),
    vote(random, "several chunks", { m: 3, n: 2500, cell: 0.7, nx: 90, ny: 91, votes: positive(random, 7500) }),
  ],
  random: (random) => {
    const m = random.size(), n = random.size(), nx = random.side(), ny = random.side(), cell = random.pick([0.3, 4.1]);
    return vote(random, `[${m}, ${n}] in ${nx} x ${ny}`, { m, n, nx, ny, cell, votes: positive(random, m * n) });
  },
} satisfies ParityOp;
