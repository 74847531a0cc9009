/**
 * Pieces that the autoencoder and the U-Net of Stable Diffusion share, by the names of diffusers' checkpoints.
 *
 * @module
 */
import type { WeightSet } from "../../weights/set.ts";
import type { Graph, Value } from "../graph.ts";
import { add, conv, type ConvOptions, groupNorm, linear, reshape, silu } from "../ops/mod.ts";

/** What every builder needs: where nodes go and where weights come from. */
export interface Building {
  readonly g: Graph;
  readonly weights: WeightSet;
  /** Groups of every group norm. */
  readonly groups: number;
}

/** Convolution with bias by `<name>.{weight,bias}`. */
export function biasedConv(
  { g, weights }: Building,
  name: string,
  x: Value,
  out: number,
  kernel: number,
  options: ConvOptions = {},
): Value {
  return g.scope(name, () => {
    const weight = g.weight(weights.take(`${name}.weight`, [out, x.shape[1]!, kernel, kernel]));
    return conv(g, x, weight, g.weight(weights.take(`${name}.bias`, [out])), options);
  });
}

/** Linear layer over the last axis by `<name>.weight` and, unless told otherwise, `<name>.bias`. */
export function namedLinear({ g, weights }: Building, name: string, x: Value, out: number, bias = true): Value {
  return g.scope(name, () => {
    const weight = g.weight(weights.take(`${name}.weight`, [out, x.shape.at(-1)!]));
    return linear(g, x, weight, bias ? g.weight(weights.take(`${name}.bias`, [out])) : undefined);
  });
}

/** Group norm by `<name>.{weight,bias}`. */
export function namedGroupNorm({ g, weights, groups }: Building, name: string, x: Value, eps: number): Value {
  const channels = x.shape[1]!;
  return g.scope(name, () => {
    const [scale, shift] = ["weight", "bias"].map((part) => g.weight(weights.take(`${name}.${part}`, [channels])));
    return groupNorm(g, x, groups, scale!, shift!, eps);
  });
}

/**
 * Residual block: x + conv2(silu(norm2(conv1(silu(norm1 x)) + time))), with a 1x1 convolution of x where the channels
 * change.
 *
 * @param time [n, channels of the time embedding]; absent in the autoencoder
 */
export function residual(b: Building, name: string, x: Value, out: number, eps: number, time?: Value): Value {
  const { g } = b;
  let y = biasedConv(b, `${name}.conv1`, silu(g, namedGroupNorm(b, `${name}.norm1`, x, eps)), out, 3, { padding: 1 });
  if (time !== undefined) {
    const shift = namedLinear(b, `${name}.time_emb_proj`, silu(g, time), out);
    y = add(g, y, reshape(g, shift, [shift.shape[0]!, out, 1, 1]));
  }
  y = biasedConv(b, `${name}.conv2`, silu(g, namedGroupNorm(b, `${name}.norm2`, y, eps)), out, 3, { padding: 1 });
  return add(g, x.shape[1] === out ? x : biasedConv(b, `${name}.conv_shortcut`, x, out, 1), y);
}
