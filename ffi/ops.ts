import type { Engine } from "./engine.ts";
import type { ArrayTensor, Input, Tensor } from "./tensor.ts";
import { type Best, correlate, correlateBest, type CorrelateOptions, type VolumeOptions } from "./ops/correlate.ts";
import { fmaPeak } from "./ops/fma_peak.ts";
import { l2Normalize, type Norm } from "./ops/l2_normalize.ts";

/**
 * The operations on one device. Made by {@linkcode openOps}.
 *
 * Every operation takes tensors (data stays on the device) or plain `{ data, shape }` arrays (uploaded for the call),
 * and gives tensors that the caller frees: `using`, `dispose()`, or `take()` for the values.
 *
 * Errors of all operations: TypeError or RangeError for arguments that do not fit each other, InputError when the memory
 * allowed does not suffice (with the numbers).
 */
export class Ops implements Disposable {
  /** For the operations' files. */
  readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Which implementation runs. */
  get kind(): "cuda" | "cpu" | "reference" {
    return this.engine.kind;
  }

  /** One line for the result record: implementation, device, threads. */
  get description(): string {
    return `${this.engine.kind} (${this.engine.device}, ${this.engine.threads} threads)`;
  }

  /** Tensors alive: 0 when nothing leaks. */
  get live(): number {
    return this.engine.live;
  }

  /** Bytes allowed, taken now, and taken at most. */
  get memory(): { readonly limit: number; readonly used: number; readonly peak: number } {
    return { limit: this.engine.memory, used: this.engine.memoryUsed, peak: this.engine.memoryPeak };
  }

  /** Frees the context (after its last tensor). */
  close(): void {
    this.engine[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Uploads values: float32 or int32 by the array's type. */
  tensor(data: ArrayTensor["data"], shape: ArrayTensor["shape"]): Promise<Tensor> {
    return this.engine.upload({ data, shape });
  }

  /** GFLOP/s of multiply-adds in registers, measured for some milliseconds: the ceiling that benches compare with. */
  fmaPeak(milliseconds = 20): Promise<number> {
    return fmaPeak(this.engine, milliseconds);
  }

  /** Divides rows of the last axis by their length. x: [...][channels], values up to 1e18. */
  l2Normalize(x: Input, norm: Norm): Promise<Tensor> {
    return l2Normalize(this.engine, x, norm);
  }

  /** Dot products (or, normalised, cosines) of rows. a: [m][channels], b: [n][channels]. @returns [m or rows][n] */
  correlate(a: Input, b: Input, options?: VolumeOptions): Promise<Tensor> {
    return correlate(this.engine, a, b, options);
  }

  /** The best column of each row of {@linkcode correlate}'s product, without storing the product. */
  correlateBest(a: Input, b: Input, options?: CorrelateOptions): Promise<Best> {
    return correlateBest(this.engine, a, b, options);
  }
}
