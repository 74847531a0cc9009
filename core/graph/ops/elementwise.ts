/**
 * Operations that work value by value, with the broadcasting of NumPy, and the activation functions.
 *
 * @module
 */
import type { Graph, Value } from "../graph.ts";

/** The shape of a broadcast pair. Throws RangeError naming the layer where the two do not fit. */
export function broadcastShape(g: Graph, op: string, a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw g.refuse(op, `cannot combine shapes [${a}] and [${b}]`);
    return Math.max(x, y);
  });
}

function binary(op: string): (g: Graph, a: Value, b: Value) => Value {
  return (g, a, b) => g.node(op, [a, b], broadcastShape(g, op, a.shape, b.shape), { dtype: a.dtype });
}

function unary(op: string): (g: Graph, x: Value) => Value {
  return (g, x) => g.node(op, [x], x.shape);
}

export const add: (g: Graph, a: Value, b: Value) => Value = binary("Add");
export const subtract: (g: Graph, a: Value, b: Value) => Value = binary("Sub");
export const multiply: (g: Graph, a: Value, b: Value) => Value = binary("Mul");
export const divide: (g: Graph, a: Value, b: Value) => Value = binary("Div");
export const negate: (g: Graph, x: Value) => Value = unary("Neg");
export const sqrt: (g: Graph, x: Value) => Value = unary("Sqrt");
export const exp: (g: Graph, x: Value) => Value = unary("Exp");
export const relu: (g: Graph, x: Value) => Value = unary("Relu");
export const sigmoid: (g: Graph, x: Value) => Value = unary("Sigmoid");
export const tanh: (g: Graph, x: Value) => Value = unary("Tanh");

/** Values limited to [min, max]; ReLU6 is `clip(g, x, 0, 6)`. */
export function clip(g: Graph, x: Value, min: number, max: number): Value {
  return g.node("Clip", [x, g.scalar(min), g.scalar(max)], x.shape);
}

/** x below 0 is multiplied by `slope`. */
export function leakyRelu(g: Graph, x: Value, slope: number): Value {
  return g.node("LeakyRelu", [x], x.shape, { attributes: { alpha: { float: slope } } });
}

/** The forms of GELU: exact (by the error function), by tanh, and CLIP's x * sigmoid(1.702 x). */
export type GeluForm = "erf" | "tanh" | "quick";

/** Gaussian error linear unit (Hendrycks and Gimpel, 2016). */
export function gelu(g: Graph, x: Value, form: GeluForm = "erf"): Value {
  if (form === "quick") {
    return g.node("QuickGelu", [x], x.shape, { domain: "com.microsoft", attributes: { alpha: { float: 1.702 } } });
  }
  return g.node("Gelu", [x], x.shape, { attributes: { approximate: form === "tanh" ? "tanh" : "none" } });
}

/** x * sigmoid(x), also called swish. */
export function silu(g: Graph, x: Value): Value {
  return g.node("QuickGelu", [x], x.shape, { domain: "com.microsoft", attributes: { alpha: { float: 1 } } });
}

/** Exponentials that sum to 1 along `axis`. */
export function softmax(g: Graph, x: Value, axis = -1): Value {
  return g.node("Softmax", [x], x.shape, { attributes: { axis } });
}
