import type { WeightTensor } from "../../weights/tensor.ts";

/** Scale and shift of a norm, or weight and bias of a projection. */
export interface Affine {
  readonly weight: WeightTensor;
  readonly bias?: WeightTensor;
}

/** The MLP of a block. */
export type MlpParameters =
  | { readonly kind: "gelu"; readonly fc1: Affine; readonly fc2: Affine }
  | { readonly kind: "swiglu"; readonly gate: Affine; readonly up: Affine; readonly down: Affine };

/** Parameters of one transformer block. */
export interface BlockParameters {
  readonly norm1: Affine;
  readonly q: Affine;
  readonly k: Affine;
  readonly v: Affine;
  readonly out: Affine;
  /** [dim]. */
  readonly scale1?: WeightTensor;
  readonly norm2: Affine;
  readonly mlp: MlpParameters;
  /** [dim]. */
  readonly scale2?: WeightTensor;
}

/** Parameters of a Vision Transformer, whatever names its checkpoint uses; see `dialects.ts`. */
export interface VitParameters {
  /** Weight [dim, 3, patch, patch]. */
  readonly patch: Affine;
  /** dim values. */
  readonly cls: WeightTensor;
  /** registers * dim values. */
  readonly registers?: WeightTensor;
  /** (grid * grid) * dim values, or one row more, the first, for the class token. */
  readonly positions?: WeightTensor;
  readonly preNorm?: Affine;
  readonly blocks: readonly BlockParameters[];
  /** The last norm. */
  readonly norm: Affine;
}
