import type { Engine } from "../engine.ts";
import { l2Normalize as define, type NormRule } from "../reference/l2_normalize.ts";
import { type Input, sizeOf, type Tensor } from "../tensor.ts";

/** How descriptors are normalised: `plus` x / (|x| + eps), `max` x / max(|x|, eps), `root` x / sqrt(|x|^2 + eps). */
export interface Norm {
  readonly rule: NormRule;
  /** At least 0. */
  readonly eps: number;
}

/** The C number of a rule; 0 is no normalisation. */
export function normCode(norm: Norm | null): number {
  return norm === null ? 0 : { plus: 1, max: 2, root: 3 }[norm.rule];
}

/** See {@linkcode Ops.l2Normalize}. */
export async function l2Normalize(engine: Engine, x: Input, norm: Norm): Promise<Tensor> {
  const channels = x.shape.at(-1);
  if (channels === undefined) throw new RangeError("Cannot normalise a tensor without axes");
  const size = sizeOf(x.shape);
  const [out] = await engine.run({
    name: "sc_l2norm",
    args: [x, normCode(norm), norm.eps],
    outputs: [{ shape: x.shape }],
    work: size,
    reference: (values, _ints, out) => {
      if (size > 0) define(values(x), size / channels, channels, norm.rule, norm.eps, out.float(0));
    },
  });
  return out!;
}
