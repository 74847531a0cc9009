import type { NormRule } from "../reference/l2_normalize.ts";
import type { ParityOp } from "./parity.ts";

const rules: readonly NormRule[] = ["plus", "max", "root"];

export default {
  name: "l2Normalize",
  tolerance: 4e-7,
  fixed: (random) =>
    rules.flatMap((rule) =>
      [
        { name: `${rule}: rows of zeros`, x: new Float32Array(3 * 19), shape: [3, 19], eps: 1e-6 },
        { name: `${rule}: NaN and infinity`, x: random.wild(40 * 37), shape: [4, 10, 37], eps: 1e-6 },
        { name: `${rule}: eps 0`, x: random.floats(33), shape: [33], eps: 0 },
      ].map(({ name, x, shape, eps }) => ({
        name,
        run: async (ops) => ({ out: await ops.l2Normalize({ data: x, shape }, { rule, eps }) }),
      }))
    ),
  random: (random) => {
    const shape = [random.size(), random.size(), random.size(200)], rule = random.pick(rules);
    const x = random.floats(shape[0]! * shape[1]! * shape[2]!);
    return {
      name: `${rule} [${shape}]`,
      run: async (ops) => ({ out: await ops.l2Normalize({ data: x, shape }, { rule, eps: 1e-5 }) }),
    };
  },
} satisfies ParityOp;
