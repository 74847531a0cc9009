import type { ArrayTensor, DType, Input, Shape, Tensor, TensorEngine } from "./tensor.ts";
import { sizeOf } from "./tensor.ts";
import type { Operation } from "./symbols.ts";

/** An argument of a native function, in its C order: tensors become handles. */
export type Argument = Input | Int32Array | Float32Array | number | null;

/** One operation, as its file in `ffi/ops/` describes it to whichever engine runs. */
export interface Call {
  /** The C function. Its arguments are the context, then `args`, then the outputs. */
  readonly name: Operation;
  readonly args: readonly Argument[];
  readonly outputs: readonly { readonly dtype?: DType; readonly shape: Shape }[];
  /** Half nanoseconds, roughly (a value touched, a multiply-add): a call of less than a millisecond blocks. */
  readonly work: number;
  /** The definition: fills `outputs`; `values(x)` are the values of an input. */
  reference(values: (input: Input) => Float32Array, ints: (input: Input) => Int32Array, outputs: Filled): void;
}

/** The arrays a reference implementation fills, in the order of the outputs. */
export interface Filled {
  float(i: number): Float32Array;
  int(i: number): Int32Array;
}

/** What runs operations: a native library or the TypeScript reference. */
export interface Engine extends TensorEngine, Disposable {
  readonly kind: "cuda" | "cpu" | "reference";
  /** One line about the device. */
  readonly device: string;
  readonly threads: number;
  /** Bytes that tensors and scratch may take. */
  readonly memory: number;
  /** Tensors alive. */
  readonly live: number;
  readonly memoryUsed: number;
  readonly memoryPeak: number;
  upload(array: ArrayTensor): Promise<Tensor>;
  /** Runs a call; the outputs in order. The caller frees them. */
  run(call: Call): Promise<Tensor[]>;
}

/** Calls below this {@linkcode Call.work}, a millisecond, run on the calling thread. */
export const syncWork = 2e6;

/** An array whose length is its shape's size. @throws {RangeError} */
export function checkArray({ data, shape }: ArrayTensor): void {
  if (shape.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new RangeError(`Cannot make a tensor [${shape}]: sizes are integers of at least 0`);
  }
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(`Cannot make a tensor [${shape}] of ${data.length} values: it has ${sizeOf(shape)}`);
  }
}

/** `12.3 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Why a tensor does not fit, with the numbers. */
export function memoryMessage(shape: Shape, bytes: number, used: number, limit: number): string {
  return `Cannot make a tensor [${shape.join(", ")}]: it takes ${megabytes(bytes)}, and ${megabytes(used)} of the ` +
    `allowed ${megabytes(limit)} are taken; use smaller maps, or raise ops.memory`;
}
