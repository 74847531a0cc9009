import type { Engine } from "../engine.ts";
import { mutual as define } from "../reference/mutual.ts";
import type { Input, Tensor } from "../tensor.ts";

/** Which mutual nearest-neighbour filter. */
export interface MutualOptions {
  /** `nc-net` (default): eps is always added, 1e-5. `nonzero`: eps replaces a largest value of 0, 1e-30 (CHM, CATs). */
  readonly variant?: "nc-net" | "nonzero";
  readonly eps?: number;
}

/** See {@linkcode Ops.mutual}. */
export async function mutual(engine: Engine, x: Input, options: MutualOptions = {}): Promise<Tensor> {
  const [m, n] = x.shape;
  if (x.shape.length !== 2 || m === undefined || n === undefined) {
    throw new RangeError(`Cannot filter [${x.shape}]: the shape is [source cells, target cells]`);
  }
  const onlyZero = options.variant === "nonzero", eps = options.eps ?? (onlyZero ? 1e-30 : 1e-5);
  const [out] = await engine.run({
    name: "sc_mutual",
    args: [x, onlyZero ? 1 : 0, eps],
    outputs: [{ shape: [m, n] }],
    work: m * n * 4,
    reference: (values, _ints, out) => define(values(x), m, n, { onlyZero, eps }, out.float(0)),
  });
  return out!;
}
