/**
 * What the main thread and the inference worker say to each other.
 *
 * @module
 */

/** A tensor on its way: its buffer is transferred, not copied. */
export interface Tensor {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** Tensors by name. */
export type Tensors = { readonly [name: string]: Tensor };

/** A question; `id` comes back with the answer. */
export type Request =
  | {
    readonly kind: "open";
    readonly id: number;
    readonly model: Uint8Array;
    readonly options: Record<string, unknown>;
  }
  | {
    readonly kind: "run";
    readonly id: number;
    readonly session: number;
    readonly inputs: Tensors;
    /** Memory for the outputs, of their shapes; absent: the runtime allocates it. */
    readonly outputs?: Tensors;
  }
  | { readonly kind: "close"; readonly id: number; readonly session: number };

/** The answer to the question of the same id: what was asked for, or why not. */
export type Reply =
  | { readonly id: number; readonly outputs: Tensors }
  | { readonly id: number; readonly error: string };
