/**
 * Pairs of weight and bias, by the names that checkpoints have for them.
 *
 * @module
 */
import type { WeightSet } from "../weights/set.ts";
import type { WeightTensor } from "../weights/tensor.ts";
import type { Graph, Value } from "./graph.ts";
import { layerNorm, linear } from "./ops/mod.ts";

/** Parameters of a linear layer, a convolution or a norm. */
export interface Affine {
  readonly weight: WeightTensor;
  readonly bias: WeightTensor;
}

/** Takes `<name>.weight` of a shape and `<name>.bias` of its first side. */
export function takeAffine(set: WeightSet, name: string, shape: readonly number[]): Affine {
  return { weight: set.take(`${name}.weight`, shape), bias: set.take(`${name}.bias`, [shape[0]!]) };
}

/** A linear layer on the last axis; weights are [outputs][inputs]. */
export function applyLinear(g: Graph, x: Value, { weight, bias }: Affine): Value {
  return linear(g, x, g.weight(weight), g.weight(bias));
}

/** A layer norm of the last axis. */
export function applyNorm(g: Graph, x: Value, { weight, bias }: Affine, eps: number): Value {
  return layerNorm(g, x, g.weight(weight), g.weight(bias), eps);
}
