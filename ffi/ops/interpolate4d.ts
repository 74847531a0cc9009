import type { Engine } from "../engine.ts";
import type { Size4 } from "../reference/conv4d.ts";
import { interpolate4d as define } from "../reference/interpolate4d.ts";
import type { Input, Tensor } from "../tensor.ts";

/** The new sizes and where positions come from. */
export interface Interpolate4dOptions {
  /** I, J, K, L; an axis that keeps its size is not touched. */
  readonly size: Size4;
  /** `align-corners` (default): end cells stay end cells; `half-pixel`: cells keep their extent. */
  readonly convention?: "align-corners" | "half-pixel";
}

/** See {@linkcode Ops.interpolate4d}. */
export async function interpolate4d(engine: Engine, x: Input, options: Interpolate4dOptions): Promise<Tensor> {
  const { size, convention = "align-corners" } = options;
  const [I, J, K, L, channels] = x.shape;
  if (x.shape.length !== 5) throw new RangeError(`Cannot resize [${x.shape}]: the shape is [I, J, K, L, channels]`);
  const from: Size4 = [I!, J!, K!, L!], cells = size.reduce((a, b) => a * b, channels!);
  if (cells > 0 && from.some((n) => n === 0)) throw new RangeError(`Cannot resize [${x.shape}]: it is empty`);
  const aligned = convention === "align-corners";
  const [out] = await engine.run({
    name: "sc_interpolate4d",
    args: [x, aligned ? 1 : 0],
    outputs: [{ shape: [...size, channels!] }],
    work: cells * 8,
    reference: (values, _ints, out) => {
      if (cells > 0) out.float(0).set(define(values(x), from, size, channels!, aligned));
    },
  });
  return out!;
}
