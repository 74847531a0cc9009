/**
 * Normalisations.
 *
 * @module
 */
import type { Graph, Value } from "../graph.ts";

function expectVector(g: Graph, op: string, value: Value | undefined, length: number): void {
  if (value !== undefined && (value.shape.length !== 1 || value.shape[0] !== length)) {
    throw g.refuse(op, `expects parameters of length ${length} and got [${value.shape}]`);
  }
}

/** Zero mean and unit variance over the last axis, then scale and shift. @param x [..., c] */
export function layerNorm(g: Graph, x: Value, scale: Value, shift: Value | undefined, eps: number): Value {
  const channels = x.shape.at(-1) ?? 0;
  expectVector(g, "layer norm", scale, channels);
  expectVector(g, "layer norm", shift, channels);
  return g.node("LayerNormalization", [x, scale, shift], x.shape, {
    attributes: { axis: -1, epsilon: { float: eps } },
  });
}

/** The parameters of a batch norm, each [c]. */
export interface BatchNormParameters {
  readonly scale: Value;
  readonly shift: Value;
  readonly mean: Value;
  readonly variance: Value;
}

/** Batch norm as at inference: the recorded mean and variance, per channel. @param x [n, c, h, w] */
export function batchNorm(
  g: Graph,
  x: Value,
  { scale, shift, mean, variance }: BatchNormParameters,
  eps = 1e-5,
): Value {
  const channels = x.shape[1] ?? 0;
  for (const value of [scale, shift, mean, variance]) expectVector(g, "batch norm", value, channels);
  return g.node("BatchNormalization", [x, scale, shift, mean, variance], x.shape, {
    attributes: { epsilon: { float: eps } },
  });
}

/** Zero mean and unit variance over each group of channels and all positions. @param x [n, c, h, w] */
export function groupNorm(g: Graph, x: Value, groups: number, scale: Value, shift: Value, eps = 1e-5): Value {
  const channels = x.shape[1] ?? 0;
  if (channels % groups !== 0) throw g.refuse("group norm", `cannot split ${channels} channels into ${groups} groups`);
  expectVector(g, "group norm", scale, channels);
  expectVector(g, "group norm", shift, channels);
  return g.node("GroupNormalization", [x, scale, shift], x.shape, {
    attributes: { num_groups: groups, epsilon: { float: eps } },
  });
}

/** x / max(||x||, eps) along `axis`: PyTorch's F.normalize. */
export function l2Normalize(g: Graph, x: Value, axis: number, eps = 1e-12): Value {
  const shape = x.shape.map((side, i) => i === (axis + x.shape.length) % x.shape.length ? 1 : side);
  const norm = g.node("ReduceL2", [x, g.integers([axis])], shape, { attributes: { keepdims: 1 } });
  return g.node("Div", [x, g.node("Max", [norm, g.scalar(eps)], shape)], x.shape);
}
