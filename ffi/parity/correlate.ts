import type { Ops } from "../mod.ts";
import type { Norm } from "../ops/l2_normalize.ts";
import type { ParityOp, Random } from "./parity.ts";

/** Two sets of descriptors, and perhaps chosen rows. */
function inputs(random: Random, m: number, n: number, channels: number, values: "floats" | "wholes" | "wild") {
  return {
    a: { data: random[values](m * channels), shape: [m, channels] },
    b: { data: random[values](n * channels), shape: [n, channels] },
    rows: random.next() < 0.3 && m > 0
      ? Int32Array.from({ length: random.size(40) }, () => random.integer(0, m - 1))
      : undefined,
  };
}

function options(rows: Int32Array | undefined, norm?: Norm) {
  return { ...(rows && { rows }), ...(norm && { norm }) };
}

async function best(ops: Ops, { a, b, rows }: ReturnType<typeof inputs>) {
  const { index, score } = await ops.correlateBest(a, b, options(rows));
  return { index, score };
}

/** The volume, with and without normalisation. */
export const correlate = {
  name: "correlate",
  // Sums of up to 300 products in float32.
  tolerance: 2e-6,
  fixed: (random) =>
    [
      { name: "NaN and infinity", ...inputs(random, 40, 37, 9, "wild") },
      { name: "one tile and a bit", ...inputs(random, 131, 129, 17, "floats") },
      { name: "many channels", ...inputs(random, 37, 70, 1031, "floats") },
    ].map(({ name, a, b }) => ({ name, run: async (ops) => ({ out: await ops.correlate(a, b, { relu: true }) }) })),
  random: (random) => {
    const given = inputs(random, random.size(), random.size(), random.size(300), "floats");
    const norm = random.pick<Norm | undefined>([undefined, { rule: "plus", eps: 1e-6 }, { rule: "root", eps: 1e-6 }]);
    const relu = random.next() < 0.3;
    return {
      name: `[${given.a.shape}] x [${given.b.shape}] rows ${given.rows?.length} ${norm?.rule} relu ${relu}`,
      run: async (ops) => ({
        out: await ops.correlate(given.a, given.b, { ...options(given.rows, norm), relu }),
      }),
    };
  },
} satisfies ParityOp;

/** Several volumes in one tensor; channels may differ. */
export const correlateStack = {
  name: "correlateStack",
  tolerance: 2e-6,
  fixed: (random) => {
    const pairs = [9, 1, 20].map((channels) => inputs(random, 18, 17, channels, "wild"));
    return [{
      name: "NaN and infinity",
      run: async (ops) => ({ out: await ops.correlateStack(pairs, { relu: true }) }),
    }];
  },
  random: (random) => {
    const m = random.size(), n = random.size(), rows = inputs(random, m, 1, 1, "floats").rows;
    const pairs = Array.from({ length: random.integer(1, 4) }, () => inputs(random, m, n, random.size(300), "floats"));
    const norm = random.pick<Norm | undefined>([undefined, { rule: "plus", eps: 1e-6 }]);
    return {
      name: `${pairs.map(({ a, b }) => `[${a.shape}] x [${b.shape}]`)} rows ${rows?.length} ${norm?.rule}`,
      run: async (ops) => ({ out: await ops.correlateStack(pairs, options(rows, norm)) }),
    };
  },
} satisfies ParityOp;

/** The fused arg-max: whole numbers, so that ties are exact and the index must be too. */
export const correlateBest = {
  name: "correlateBest",
  tolerance: 2e-6,
  fixed: (random) =>
    [
      { name: "no columns", ...inputs(random, 20, 0, 5, "wholes") },
      { name: "no channels", ...inputs(random, 20, 30, 0, "wholes") },
      { name: "NaN and infinity", ...inputs(random, 40, 300, 1, "wild") },
      { name: "few rows", ...inputs(random, 5, 601, 33, "wholes") },
      { name: "several column tiles", ...inputs(random, 150, 1111, 3, "wholes") },
    ].map((given) => ({ name: given.name, run: (ops) => best(ops, given) })),
  random: (random) => {
    const given = inputs(random, random.size(), random.size(), random.size(), random.pick(["wholes", "wild"]));
    return { name: `[${given.a.shape}] x [${given.b.shape}]`, run: (ops) => best(ops, given) };
  },
} satisfies ParityOp;
