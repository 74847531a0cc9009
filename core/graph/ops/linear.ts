/**
 * Matrix products.
 *
 * @module
 */
import { elementCount, type WeightTensor } from "../../weights/tensor.ts";
import type { Graph, Value } from "../graph.ts";
import { broadcastShape } from "./elementwise.ts";
import { reshape } from "./shape.ts";

/**
 * y = x W^T + b over the last axis, with PyTorch's weight layout.
 *
 * @param x [..., in]
 * @param weight [out, in]
 * @param bias [out]
 * @returns [..., out]
 */
export function linear(g: Graph, x: Value, weight: Value, bias?: Value): Value {
  const [out, inner] = weight.shape;
  if (weight.shape.length !== 2 || out === undefined || x.shape.at(-1) !== inner) {
    throw g.refuse("linear", `expects a weight [out, ${x.shape.at(-1)}] and got [${weight.shape}]`);
  }
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== out)) {
    throw g.refuse("linear", `expects a bias [${out}] and got [${bias.shape}]`);
  }
  const rows = elementCount(x.shape.slice(0, -1));
  const flat = reshape(g, x, [rows, inner!]);
  const tensor = g.precision === "int8" ? g.tensorOf(weight) : undefined;
  if (tensor !== undefined) {
    const { values, scales } = quantized(tensor);
    const inputs = [flat, g.bytes(values, [inner!, out], "int8"), g.computed(scales, [out], "scales"), undefined, bias];
    const y = g.node("DynamicQuantizeMatMul", inputs, [rows, out], { domain: "com.microsoft" });
    return reshape(g, y, [...x.shape.slice(0, -1), out]);
  }
  // Gemm reads the weight as it is stored; a MatMul would need the transposed copy.
  const y = g.node("Gemm", [flat, weight, bias], [rows, out], { attributes: { transB: 1 } });
  return reshape(g, y, [...x.shape.slice(0, -1), out]);
}

/**
 * Processors without 8-bit dot products add two products of 0..255 and a weight in 16 bits, which overflow silently
 * beyond +-64. One bit is given up so that every processor computes the same.
 */
const LARGEST = 63;

/** Inputs whose weights are turned at once. */
const TILE = 64;

/**
 * A weight [out, in] in 8-bit integers: values [in][out], and one scale per output, so that value * scale is the weight
 * to within half a scale.
 */
function quantized(tensor: WeightTensor): { values: () => Int8Array; scales: () => Float32Array } {
  const [out, inner] = tensor.shape as [number, number];
  let read: Float32Array | undefined;
  let made: Float32Array | undefined;
  const scales = () => {
    if (made !== undefined) return made;
    const weight = read ??= tensor.read();
    made = new Float32Array(out);
    for (let o = 0; o < out; o++) {
      let most = 0;
      for (let i = o * inner; i < (o + 1) * inner; i++) most = Math.max(most, Math.abs(weight[i]!));
      made[o] = most === 0 ? 1 : most / LARGEST;
    }
    return made;
  };
  const values = () => {
    const weight = read ??= tensor.read();
    const scale = scales();
    const integers = new Int8Array(inner * out);
    // A tile of inputs at a time, so that the rows written to stay in the processor's cache from one output to the next.
    for (let i0 = 0; i0 < inner; i0 += TILE) {
      const i1 = Math.min(i0 + TILE, inner);
      for (let o = 0; o < out; o++) {
        const factor = 1 / scale[o]!;
        for (let i = i0; i < i1; i++) integers[i * out + o] = Math.round(weight[o * inner + i]! * factor);
      }
    }
    read = undefined;
    return integers;
  };
  return { values, scales };
}

/**
 * Batched matrix product: the last two axes are multiplied, those before broadcast.
 *
 * @param a [..., n, k]
 * @param b [..., k, m]
 * @returns [..., n, m]
 */
export function matmul(g: Graph, a: Value, b: Value): Value {
  const k = a.shape.at(-1);
  if (a.shape.length < 2 || b.shape.length < 2 || k !== b.shape.at(-2)) {
    throw g.refuse("matmul", `cannot multiply [${a.shape}] by [${b.shape}]`);
  }
  const batch = broadcastShape(g, "matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  return g.node("MatMul", [a, b], [...batch, a.shape.at(-2)!, b.shape.at(-1)!]);
}

/**
 * A sum of products by Einstein's convention, for example `einsum(g, "bchw,bcij->bhwij", [a, b])`. Letters only, no
 * ellipsis; the output is always spelled out.
 */
export function einsum(g: Graph, equation: string, inputs: readonly Value[]): Value {
  const match = /^([a-z,]+)->([a-z]*)$/i.exec(equation.replaceAll(" ", ""));
  const terms = match?.[1]?.split(",") ?? [];
  if (match === null || terms.length !== inputs.length) {
    throw g.refuse("einsum", `cannot read "${equation}" for ${inputs.length} inputs`);
  }
  const sides = new Map<string, number>();
  terms.forEach((term, i) => {
    const { shape } = inputs[i]!;
    if (term.length !== shape.length) {
      throw g.refuse("einsum", `names ${term.length} axes of [${shape}] in "${equation}"`);
    }
    [...term].forEach((letter, axis) => {
      const side = shape[axis]!;
      if ((sides.get(letter) ?? side) !== side) {
        throw g.refuse("einsum", `axis "${letter}" of "${equation}" is both ${sides.get(letter)} and ${side}`);
      }
      sides.set(letter, side);
    });
  });
  const shape = [...match[2]!].map((letter) => {
    const side = sides.get(letter);
    if (side === undefined) throw g.refuse("einsum", `output axis "${letter}" of "${equation}" has no input`);
    return side;
  });
  return g.node("Einsum", inputs, shape, { attributes: { equation } });
}
