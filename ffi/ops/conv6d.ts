import type { Engine } from "../engine.ts";
import { conv6d as define, type Size6 } from "../reference/conv6d.ts";
import { type Input, sizeOf, type Tensor } from "../tensor.ts";

/** The layer's numbers. */
export interface Conv6dOptions {
  /** Odd sizes, as many axes as the volume: [scale, scale, k1, k2, k3, k4] or [k1, k2, k3, k4]. */
  readonly weights: Input;
  /** Default 0. */
  readonly bias?: number;
  /** Turns negative results (and NaN) into 0. */
  readonly relu?: boolean;
}

/** Missing leading axes have size 1. */
function six(shape: readonly number[]): Size6 {
  return (shape.length === 4 ? [1, 1, ...shape] : [...shape]) as unknown as Size6;
}

/** See {@linkcode Ops.conv6d}. */
export async function conv6d(engine: Engine, x: Input, options: Conv6dOptions): Promise<Tensor> {
  const { weights, bias = 0, relu = false } = options;
  if (x.shape.length !== 4 && x.shape.length !== 6) {
    throw new RangeError(`Cannot convolve [${x.shape}]: it has 4 axes of space, or 2 of scale and 4 of space`);
  }
  if (weights.shape.length !== x.shape.length || weights.shape.some((size) => size % 2 !== 1 || size > 31)) {
    throw new RangeError(`Cannot convolve [${x.shape}] with [${weights.shape}]: as many axes, odd sizes up to 31`);
  }
  const [out] = await engine.run({
    name: "sc_conv6d",
    args: [x, weights, bias, relu ? 1 : 0],
    outputs: [{ shape: x.shape }],
    work: sizeOf(x.shape) * sizeOf(weights.shape),
    reference: (values, _ints, out) => {
      const given = { x: values(x), size: six(x.shape), weights: values(weights), kernel: six(weights.shape) };
      define({ ...given, bias: Math.fround(bias), relu }, out.float(0));
    },
  });
  return out!;
}
