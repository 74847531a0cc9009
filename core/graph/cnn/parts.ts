/**
 * Pieces that convolutional networks of torchvision share, by the names of their checkpoints.
 *
 * @module
 */
import type { WeightSet } from "../../weights/set.ts";
import type { Graph, Value } from "../graph.ts";
import { batchNorm, conv, type ConvOptions } from "../ops/mod.ts";

/** Names that torchvision checkpoints hold and inference never uses. */
export const TRAINING_ONLY = ["*.num_batches_tracked", "num_batches_tracked"] as const;

/** Convolution without bias by `<name>.weight`. @returns [n, out, h', w'] */
export function namedConv(
  g: Graph,
  weights: WeightSet,
  name: string,
  x: Value,
  out: number,
  kernel: number,
  options: ConvOptions & { readonly bias?: boolean } = {},
): Value {
  const { bias = false, ...rest } = options;
  const inner = x.shape[1]! / (rest.groups ?? 1);
  return g.scope(name, () => {
    const weight = g.weight(weights.take(`${name}.weight`, [out, inner, kernel, kernel]));
    return conv(g, x, weight, bias ? g.weight(weights.take(`${name}.bias`, [out])) : undefined, rest);
  });
}

/** Batch norm by `<name>.{weight,bias,running_mean,running_var}`. */
export function namedBatchNorm(g: Graph, weights: WeightSet, name: string, x: Value, eps = 1e-5): Value {
  const channels = x.shape[1]!;
  const take = (part: string) => g.weight(weights.take(`${name}.${part}`, [channels]));
  return g.scope(name, () =>
    batchNorm(g, x, {
      scale: take("weight"),
      shift: take("bias"),
      mean: take("running_mean"),
      variance: take("running_var"),
    }, eps));
}
