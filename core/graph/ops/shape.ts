/**
 * Operations that move values without computing.
 *
 * @module
 */
import { elementCount } from "../../weights/tensor.ts";
import type { Graph, Value } from "../graph.ts";

/** The index of an axis counted from the front; throws RangeError naming the layer where there is none. */
export function axisOf(g: Graph, op: string, x: Value, axis: number): number {
  const index = axis < 0 ? axis + x.shape.length : axis;
  if (!Number.isInteger(index) || index < 0 || index >= x.shape.length) {
    throw g.refuse(op, `has no axis ${axis} in shape [${x.shape}]`);
  }
  return index;
}

/** The same values, row-major, under another shape of as many elements. */
export function reshape(g: Graph, x: Value, shape: readonly number[]): Value {
  if (elementCount(shape) !== elementCount(x.shape)) {
    throw g.refuse("reshape", `cannot turn [${x.shape}] into [${shape}]`);
  }
  if (shape.length === x.shape.length && shape.every((side, i) => side === x.shape[i])) return x;
  return g.node("Reshape", [x, g.integers(shape)], shape, { dtype: x.dtype });
}

/** Axis i of the result is axis `order[i]` of `x`. */
export function transpose(g: Graph, x: Value, order: readonly number[]): Value {
  if (order.length !== x.shape.length || [...order].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
    throw g.refuse("transpose", `cannot order the axes of [${x.shape}] as [${order}]`);
  }
  return g.node("Transpose", [x], order.map((axis) => x.shape[axis]!), { attributes: { perm: order }, dtype: x.dtype });
}

/** Tensors side by side along `axis`; all other sides agree. */
export function concat(g: Graph, inputs: readonly Value[], axis: number): Value {
  const first = inputs[0];
  if (first === undefined) throw g.refuse("concat", "has no inputs");
  const at = axisOf(g, "concat", first, axis);
  for (const { shape } of inputs) {
    if (shape.length !== first.shape.length || shape.some((side, i) => i !== at && side !== first.shape[i])) {
      throw g.refuse("concat", `along axis ${at} cannot join [${first.shape}] and [${shape}]`);
    }
  }
  const total = inputs.reduce((sum, { shape }) => sum + shape[at]!, 0);
  const shape = first.shape.map((side, i) => i === at ? total : side);
  return g.node("Concat", inputs, shape, { attributes: { axis: at }, dtype: first.dtype });
}

/** Positions `from` (included) to `to` (excluded) of one axis, every `step`-th. */
export function slice(g: Graph, x: Value, axis: number, from: number, to: number, step = 1): Value {
  const at = axisOf(g, "slice", x, axis);
  const side = x.shape[at]!;
  if (from < 0 || to > side || from >= to || step < 1) {
    throw g.refuse("slice", `has no range ${from}..${to} (step ${step}) on axis ${at} of [${x.shape}]`);
  }
  if (from === 0 && to === side && step === 1) return x;
  const shape = x.shape.map((s, i) => i === at ? Math.ceil((to - from) / step) : s);
  const inputs = [x, g.integers([from]), g.integers([to]), g.integers([at]), g.integers([step])];
  return g.node("Slice", inputs, shape, { dtype: x.dtype });
}

/** Entries `indices` of one axis, in that order. */
export function gather(g: Graph, x: Value, axis: number, indices: readonly number[]): Value {
  const at = axisOf(g, "gather", x, axis);
  const side = x.shape[at]!;
  const wrong = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= side);
  if (wrong !== undefined) throw g.refuse("gather", `has no entry ${wrong} on axis ${at} of [${x.shape}]`);
  const shape = x.shape.map((s, i) => i === at ? indices.length : s);
  return g.node("Gather", [x, g.integers(indices)], shape, { attributes: { axis: at }, dtype: x.dtype });
}

/** Repeats sides of length 1 until `shape` is reached. */
export function expand(g: Graph, x: Value, shape: readonly number[]): Value {
  if (x.shape.length !== shape.length || x.shape.some((side, i) => side !== 1 && side !== shape[i])) {
    throw g.refuse("expand", `cannot repeat [${x.shape}] to [${shape}]`);
  }
  if (x.shape.every((side, i) => side === shape[i])) return x;
  return g.node("Expand", [x, g.integers(shape)], shape, { dtype: x.dtype });
}

/** Zeros around the two last axes of [n, c, h, w]; how many, per side. */
export function padSpatial(
  g: Graph,
  x: Value,
  { top = 0, left = 0, bottom = 0, right = 0 }: { top?: number; left?: number; bottom?: number; right?: number },
  mode: "constant" | "reflect" | "edge" = "constant",
): Value {
  const [n, c, h, w] = x.shape;
  if (x.shape.length !== 4) throw g.refuse("pad", `expects [n, c, h, w] and got [${x.shape}]`);
  const pads = g.integers([0, 0, top, left, 0, 0, bottom, right]);
  return g.node("Pad", [x, pads], [n!, c!, h! + top + bottom, w! + left + right], { attributes: { mode } });
}
