import type { ParityOp } from "./parity.ts";

const variants = ["nc-net", "nonzero"] as const;

export default {
  name: "mutual",
  tolerance: 1e-6,
  fixed: (random) =>
    variants.flatMap((variant) =>
      [
        { name: "zeros", data: new Float32Array(6 * 35), shape: [6, 35] },
        { name: "no positive value", data: random.floats(19 * 35).map((v) => -Math.abs(v)), shape: [19, 35] },
        { name: "NaN", data: random.floats(19 * 35).map((v, i) => i % 11 === 0 ? NaN : v), shape: [19, 35] },
        { name: "infinity", data: random.wild(19 * 35), shape: [19, 35] },
      ].map(({ name, ...x }) => ({
        name: `${variant}: ${name}`,
        run: async (ops) => ({ out: await ops.mutual(x, { variant }) }),
      }))
    ),
  random: (random) => {
    const shape = [random.size(), random.size()], variant = random.pick(variants);
    // Positive, as after ReLU: a maximum near zero would make the quotient ill-conditioned.
    const x = { data: random.floats(shape[0]! * shape[1]!).map((v) => Math.max(0, v)), shape };
    return { name: `${variant} [${shape}]`, run: async (ops) => ({ out: await ops.mutual(x, { variant }) }) };
  },
} satisfies ParityOp;
