/** What a tensor holds. */
export type DType = "float32" | "int32";

/** Row-major sizes, the last axis contiguous. */
export type Shape = readonly number[];

/** Values with their shape, the form in which arrays are given to an operation. */
export interface ArrayTensor {
  readonly data: Float32Array | Int32Array;
  readonly shape: Shape;
}

/** What an operation accepts: a tensor on the device, or an array that is uploaded for this one call. */
export type Input = Tensor | ArrayTensor;

/** Where a tensor's values are; made by the engines only. */
export interface Storage {
  readonly engine: TensorEngine;
  /** The native handle, or null for the reference engine. */
  readonly pointer: Deno.PointerValue;
  /** The reference engine's values, else null. */
  readonly array: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | null;
}

/** The part of an engine that a tensor needs. */
export interface TensorEngine {
  /** @param into of `count` values, to be filled and given back; else an array is made */
  read(
    tensor: Tensor,
    first: number,
    count: number,
    into?: Float32Array<ArrayBuffer>,
  ): Promise<Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>>;
  free(tensor: Tensor): void;
  /** The same storage under another shape of as many elements; the given tensor is not used any more. */
  reshape(tensor: Tensor, shape: Shape): Tensor;
  check(tensor: Tensor): void;
}

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Values that lie where the operations compute. Free it with `using`, `dispose()` or `take()`; one that is forgotten is
 * freed when it is collected, with a line in the log.
 *
 * @example
 * ```ts
 * using scores = await ops.correlate(a, b);
 * const values = await scores.read();
 * ```
 */
export class Tensor implements Disposable {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Number of elements. */
  readonly size: number;
  readonly #storage: Storage;
  /** Calls in flight that use it: freeing waits for them. */
  #pins = 0;
  #disposed = false;

  /** Made by the engines; use {@linkcode Ops.tensor} or an operation. */
  constructor(dtype: DType, shape: Shape, storage: Storage) {
    this.dtype = dtype;
    this.shape = shape;
    this.size = sizeOf(shape);
    this.#storage = storage;
  }

  /** True after it was freed: it may not be used any more. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** Copies the values out. @throws {TypeError} when they are int32, or the tensor is freed */
  async read(): Promise<Float32Array<ArrayBuffer>> {
    return this.#as(Float32Array, await this.#values(0, this.size));
  }

  /** Copies the values out. @throws {TypeError} when they are float32, or the tensor is freed */
  async readInts(): Promise<Int32Array<ArrayBuffer>> {
    return this.#as(Int32Array, await this.#values(0, this.size));
  }

  /**
   * Copies some values out, in row-major order.
   *
   * @param into memory for at least `count` values that is used again from call to call; the result is a view of it
   * @throws {RangeError} outside the tensor, or `into` is too short
   */
  async readPart(
    first: number,
    count: number,
    into?: Float32Array<ArrayBuffer>,
  ): Promise<Float32Array<ArrayBuffer>> {
    if (!Number.isInteger(first) || !Number.isInteger(count) || first < 0 || count < 0 || first + count > this.size) {
      throw new RangeError(`Cannot read ${count} values from ${first}: the tensor has ${this.size}`);
    }
    if (into !== undefined && (this.dtype !== "float32" || into.length < count)) {
      throw new RangeError(`Cannot read ${count} ${this.dtype} values into ${into.length} float32`);
    }
    return this.#as(Float32Array, await this.#values(first, count, into?.subarray(0, count)));
  }

  /** Copies the values out and frees the tensor: the short way from an operation to an array. */
  async take(): Promise<Float32Array<ArrayBuffer>> {
    using _freed = this;
    return await this.read();
  }

  /** As {@linkcode take}, for int32. */
  async takeInts(): Promise<Int32Array<ArrayBuffer>> {
    using _freed = this;
    return await this.readInts();
  }

  /**
   * The same values under another shape. They are handed over: this tensor counts as freed.
   *
   * @throws {RangeError} when the number of elements differs
   * @throws {TypeError} when the tensor is freed, or in use by a call
   */
  reshape(shape: Shape): Tensor {
    if (this.#disposed || this.#pins > 0) {
      throw new TypeError(`Cannot reshape a tensor [${this.shape}]: it is ${this.#disposed ? "freed" : "in use"}`);
    }
    if (sizeOf(shape) !== this.size) {
      throw new RangeError(`Cannot reshape a tensor [${this.shape}] to [${shape}]: it has ${this.size} values`);
    }
    const reshaped = this.#storage.engine.reshape(this, shape);
    this.#disposed = true;
    return reshaped;
  }

  /** Frees it, after the calls that use it have ended. Twice is harmless. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#pins === 0) this.#storage.engine.free(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @throws {Error} when an operation wrote outside this tensor; for tests. */
  assertIntact(): void {
    this.#storage.engine.check(this);
  }

  /** For engines: its storage, kept alive until {@linkcode unpin}. @throws {TypeError} when freed or of another engine */
  pin(engine: TensorEngine): Storage {
    if (this.#disposed) throw new TypeError(`Cannot use a tensor [${this.shape}]: it is freed`);
    if (this.#storage.engine !== engine) throw new TypeError("Cannot use a tensor of another openOps() call");
    this.#pins++;
    return this.#storage;
  }

  /** For engines: ends a {@linkcode pin}. */
  unpin(): void {
    this.#pins--;
    if (this.#pins === 0 && this.#disposed) this.#storage.engine.free(this);
  }

  /** For engines. */
  get storage(): Storage {
    return this.#storage;
  }

  #values(
    first: number,
    count: number,
    into?: Float32Array<ArrayBuffer>,
  ): Promise<Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>> {
    return this.#storage.engine.read(this, first, count, into);
  }

  #as<T>(type: new (length: number) => T, values: unknown): T {
    if (values instanceof type) return values;
    throw new TypeError(`Cannot read ${this.dtype} values as ${type.name}`);
  }
}
