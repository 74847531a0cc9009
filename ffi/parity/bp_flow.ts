import type { BpFlowOptions, Ops } from "../mod.ts";
import type { ParityOp, Random } from "./parity.ts";

/** Random bytes, four to a word. */
function bytes(random: Random, count: number, high = 255): Int32Array<ArrayBuffer> {
  return new Int32Array(Uint8Array.from({ length: 4 * count }, () => random.integer(0, high)).buffer);
}

function map(random: Random, rows: number, cols: number, words: number, high?: number) {
  return { data: bytes(random, rows * cols * words, high), shape: [rows, cols, words] };
}

/** Whole numbers: every implementation must agree exactly. */
export const halveBytes = {
  name: "halveBytes",
  tolerance: 0,
  fixed: (random) =>
    [[1, 1, 1], [2, 3, 5], [0, 4, 2], [9, 40, 32]]
      .map(([rows, cols, words]) => map(random, rows!, cols!, words!))
      .map((given) => ({
        name: `[${given.shape}]`,
        run: async (ops: Ops) => ({ out: await ops.halveBytes(given) }),
      })),
  random: (random) => {
    const given = map(random, random.size(33), random.size(33), random.size(8));
    return { name: `[${given.shape}]`, run: async (ops) => ({ out: await ops.halveBytes(given) }) };
  },
} satisfies ParityOp;

interface Given {
  readonly name: string;
  readonly source: { data: Int32Array<ArrayBuffer>; shape: number[] };
  readonly target: { data: Int32Array<ArrayBuffer>; shape: number[] };
  readonly options: BpFlowOptions;
}

/** @param spread how far apart the window centres of neighbours may lie */
function problem(random: Random, sizes: readonly number[], spread: number, options: Partial<BpFlowOptions>): Given {
  const [height, width, rows, cols, words] = sizes as [number, number, number, number, number];
  const centre = Int32Array.from({ length: 2 * height * width }, () => random.integer(-spread, spread));
  const all = {
    centre,
    window: 2,
    alpha: 510,
    bound: 2000,
    gamma: 1.275,
    iterations: 11,
    merges: 0,
    trace: true,
    ...options,
  };
  return {
    name: `${height}x${width} in ${rows}x${cols}, ${4 * words} channels, ${JSON.stringify({ ...all, centre: spread })}`,
    // Few different values, so that ties are common.
    source: map(random, height, width, words, 20),
    target: map(random, rows, cols, words, 20),
    options: all,
  };
}

async function run(ops: Ops, { source, target, options }: Given) {
  const { flow, energies } = await ops.bpFlow(source, target, options);
  return { flow, energies };
}

/** Whole numbers: every implementation must agree exactly. */
export const bpFlow = {
  name: "bpFlow",
  tolerance: 0,
  fixed: (random) =>
    [
      problem(random, [1, 1, 1, 1, 1], 0, {}),
      problem(random, [0, 5, 3, 3, 1], 0, {}),
      problem(random, [5, 4, 3, 3, 1], 40, {}), // no displacement meets the target
      problem(random, [17, 13, 19, 11, 9], 1, { merges: 3, iterations: 30, trace: false }),
      problem(random, [17, 13, 19, 11, 9], 6, { merges: 2 }), // windows that do not meet
      problem(random, [17, 13, 19, 11, 9], 6, { merges: 2, corrected: true }),
      problem(random, [9, 12, 14, 8, 32], 1, { window: 10, merges: 2 }),
      problem(random, [9, 12, 14, 8, 2], 30, { window: 4, merges: 1, iterations: 9, trace: false }),
    ].map((given) => ({ name: given.name, run: (ops) => run(ops, given) })),
  random: (random) => {
    const side = () => random.integer(1, 14);
    const given = problem(random, [side(), side(), side(), side(), random.integer(1, 9)], random.integer(0, 5), {
      window: random.integer(0, 6),
      alpha: random.integer(0, 900),
      bound: random.integer(0, 9000),
      gamma: random.next() * 9,
      merges: random.integer(0, 3),
      iterations: random.integer(1, 12),
      corrected: random.next() < 0.5,
      trace: random.next() < 0.5,
    });
    return { name: given.name, run: (ops) => run(ops, given) };
  },
} satisfies ParityOp;
