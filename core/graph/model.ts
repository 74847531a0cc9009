import type { ModelProto } from "./onnx/proto.ts";

/** A finished network of fixed input shapes, ready for a session. */
export interface Model {
  readonly name: string;
  readonly proto: ModelProto;
  /** Where the files lie that hold weights named by place; absent where all weights are in the model. */
  readonly folder?: string;
  /** Shapes by input name. */
  readonly inputs: { readonly [name: string]: readonly number[] };
  /** Shapes by output name; absent where the runtime finds them out (networks from files). */
  readonly outputs?: { readonly [name: string]: readonly number[] };
}
