import type { ParityCase, ParityOp, Random } from "./parity.ts";

function search(
  random: Random,
  rows: number,
  cols: number,
  other: readonly [number, number],
  channels: number,
  wild = false,
): ParityCase {
  // Whole numbers: every similarity is exact, so that every decision is the same. NaN and infinity stay exact too.
  const values = (count: number) =>
    random.wholes(count).map((value) => wild && random.next() < 0.05 ? random.pick([NaN, Infinity, -Infinity]) : value);
  const a = { data: values(rows * cols * channels), shape: [rows, cols, channels] };
  const b = { data: values(other[0] * other[1] * channels), shape: [...other, channels] };
  const targets = other[0] * other[1], seed = random.integer(-(2 ** 31), 2 ** 31 - 1), rounds = random.integer(0, 4);
  const start = random.next() < 0.5
    ? { data: Int32Array.from({ length: rows * cols }, () => random.integer(-3, targets + 2)), shape: [rows, cols] }
    : undefined;
  const radius = random.pick([0, 1, 3, 40]);
  return {
    name: `[${a.shape}] in [${b.shape}], ${rounds} rounds, radius ${radius}, seed ${seed}${start ? ", started" : ""}`,
    run: async (ops) => {
      const { index, score } = await ops.patchMatch(a, b, { seed, rounds, radius, ...(start && { start }) });
      return { index, score };
    },
  };
}

export default {
  name: "patchMatch",
  tolerance: 0,
  fixed: (random) => [
    search(random, 40, 37, [29, 43], 24),
    search(random, 1, 1, [1, 1], 1),
    search(random, 5, 3, [1, 17], 0),
    search(random, 0, 4, [3, 3], 2),
    search(random, 9, 17, [13, 8], 3, true),
  ],
  random: (random) => {
    const other = [random.integer(1, 20), random.integer(1, 20)] as const;
    return search(random, random.size(33), random.size(33), other, random.size(33));
  },
} satisfies ParityOp;
