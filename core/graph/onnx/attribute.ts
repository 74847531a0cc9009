import type { AttributeProto, TensorProto } from "./proto.ts";

/**
 * The value of a node's attribute. Plain numbers are integers; a real number is said as `{ float: 0.5 }`, since ONNX
 * tells them apart and 1.0 does not.
 */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly tensor: TensorProto };

/** An attribute in ONNX's form. Throws RangeError for a number that is no integer and is not said to be a float. */
export function attribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === "string") return { name, type: 3, s: new TextEncoder().encode(value) };
  if (typeof value === "number") {
    if (!Number.isInteger(value)) throw new RangeError(`Cannot write attribute "${name}": ${value} is no integer`);
    return { name, type: 2, i: value };
  }
  if ("float" in value) return { name, type: 1, f: value.float };
  if ("tensor" in value) return { name, type: 4, t: value.tensor };
  return { name, type: 7, ints: [...value] };
}
