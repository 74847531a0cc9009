import { InputError } from "../core/errors.ts";
import { type Argument, type Call, checkArray, type Engine, memoryMessage, syncWork } from "./engine.ts";
import { type Library, type Native, textOf } from "./library.ts";
import { type ArrayTensor, type DType, type Shape, sizeOf, Tensor } from "./tensor.ts";

type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
type AnyFunction = (...args: readonly unknown[]) => number | Promise<number>;

/** Bytes of guard words around a tensor; only for the message that is given before allocating. */
const overhead = 128;

/** How to open a context. */
export interface NativeOptions {
  readonly threads: number;
  /** Bytes; Infinity for no limit. */
  readonly memory: number;
  readonly log: (line: string) => void;
  /** Bits of `sc_ctx_new`. */
  readonly flags: number;
}

/** Runs operations in a native library. Calls of one engine run one after the other, in the order they were made. */
export class NativeEngine implements Engine {
  readonly kind: "cuda" | "cpu";
  readonly device: string;
  readonly threads: number;
  readonly memory: number;
  readonly #native: Native;
  readonly #functions: Readonly<Record<string, AnyFunction>>;
  readonly #context: Deno.PointerObject;
  readonly #leaks: FinalizationRegistry<{ pointer: Deno.PointerValue; shape: Shape }>;
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  constructor(library: Library, { threads, memory, log, flags }: NativeOptions) {
    this.#native = library.native;
    // The table is typed per function; calls are made by name, with arguments in the C order.
    this.#functions = library.native as unknown as Record<string, AnyFunction>;
    const context = library.native.sc_ctx_new(threads, Number.isFinite(memory) ? memory : 0, flags);
    if (context === null) throw new InputError(`Cannot open a context on ${library.device}`);
    this.#context = context;
    this.kind = library.kind;
    this.device = library.device;
    this.threads = library.native.sc_threads(context);
    this.memory = memory;
    this.#leaks = new FinalizationRegistry(({ pointer, shape }) => {
      log(`a tensor [${shape.join(", ")}] was never freed: freeing it now; hold it with "using"`);
      this.#native.sc_tensor_free(pointer);
    });
  }

  get live(): number {
    return this.#closed ? 0 : this.#native.sc_live(this.#context);
  }

  get memoryUsed(): number {
    return this.#closed ? 0 : this.#native.sc_memory_used(this.#context);
  }

  get memoryPeak(): number {
    return this.#closed ? 0 : this.#native.sc_memory_peak(this.#context);
  }

  async upload(array: ArrayTensor): Promise<Tensor> {
    checkArray(array);
    const { data, shape } = array;
    const tensor = this.#allocate(data instanceof Int32Array ? "int32" : "float32", shape);
    try {
      await this.#call("sc_tensor_write", [tensor.storage.pointer, data, data.length], data.length);
      return tensor;
    } catch (error) {
      tensor.dispose();
      throw error;
    }
  }

  async read(tensor: Tensor, first: number, count: number, into?: Float32Array<ArrayBuffer>): Promise<Values> {
    const { pointer } = tensor.pin(this);
    try {
      const values = into ?? (tensor.dtype === "int32" ? new Int32Array(count) : new Float32Array(count));
      await this.#call("sc_tensor_read", [pointer, first, count, values], count);
      return values;
    } finally {
      tensor.unpin();
    }
  }

  free(tensor: Tensor): void {
    this.#leaks.unregister(tensor);
    this.#native.sc_tensor_free(tensor.storage.pointer);
  }

  reshape(tensor: Tensor, shape: Shape): Tensor {
    const { dtype, storage } = tensor, { pointer } = storage;
    if (this.#native.sc_tensor_reshape(this.#context, pointer, shape.length, Int32Array.from(shape)) !== 0) {
      this.#fail(1);
    }
    this.#leaks.unregister(tensor);
    return this.#watched(new Tensor(dtype, [...shape], storage));
  }

  check(tensor: Tensor): void {
    const { pointer } = tensor.pin(this);
    try {
      if (this.#native.sc_tensor_check(this.#context, pointer) !== 0) throw new Error(this.#text());
    } finally {
      tensor.unpin();
    }
  }

  async run({ name, args, outputs, work }: Call): Promise<Tensor[]> {
    const pinned: Tensor[] = [];
    const temporary: Tensor[] = [];
    const made: Tensor[] = [];
    const pin = (tensor: Tensor) => {
      const { pointer } = tensor.pin(this);
      pinned.push(tensor);
      return pointer;
    };
    const argument = async (value: Argument): Promise<unknown> => {
      if (value === null || typeof value === "number") return value;
      if (value instanceof Tensor) return pin(value);
      if ("shape" in value) {
        const tensor = await this.upload(value);
        temporary.push(tensor);
        return pin(tensor);
      }
      return value;
    };
    try {
      // Tensors that are given are pinned before the first await: the caller may free them meanwhile.
      const prepared = args.map(argument);
      const ready = await settle(prepared);
      for (const { dtype = "float32", shape } of outputs) made.push(this.#allocate(dtype, shape));
      await this.#call(name, [...ready, ...made.map((tensor) => tensor.storage.pointer)], work);
      return made;
    } catch (error) {
      for (const tensor of made) tensor.dispose();
      throw error;
    } finally {
      for (const tensor of pinned) tensor.unpin();
      for (const tensor of temporary) tensor.dispose();
    }
  }

  /** Frees the context once its last tensor is freed. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    // A call in flight still holds the context.
    this.#queue.then(() => this.#native.sc_ctx_free(this.#context));
  }

  #allocate(dtype: DType, shape: Shape): Tensor {
    this.#assertOpen();
    const bytes = sizeOf(shape) * 4 + overhead, used = this.memoryUsed;
    if (used + bytes > this.memory) throw new InputError(memoryMessage(shape, bytes, used, this.memory));
    const sizes = Int32Array.from(shape);
    const pointer = this.#native.sc_tensor_new(this.#context, dtype === "int32" ? 1 : 0, shape.length, sizes);
    if (pointer === null) throw new InputError(`Cannot make a tensor [${shape.join(", ")}]: ${this.#text()}`);
    return this.#watched(new Tensor(dtype, [...shape], { engine: this, pointer, array: null }));
  }

  #watched(tensor: Tensor): Tensor {
    this.#leaks.register(tensor, { pointer: tensor.storage.pointer, shape: tensor.shape }, tensor);
    return tensor;
  }

  /** Calls a C function when its turn comes; the arguments stay referenced until it has ended. */
  async #call(name: string, args: readonly unknown[], work: number): Promise<void> {
    this.#assertOpen();
    const before = this.#queue;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue = promise;
    this.#waiting++;
    try {
      if (this.#waiting > 1) await before;
      const call = this.#functions[work < syncWork ? name : `${name}_async`]!;
      const status = work < syncWork ? call(this.#context, ...args) : await call(this.#context, ...args);
      if (status !== 0) this.#fail(status as number);
    } finally {
      this.#waiting--;
      resolve();
    }
  }

  #fail(status: number): never {
    const text = this.#text();
    if (status === 1) throw new TypeError(text);
    if (status === 3) throw new InputError(`${text}; use smaller maps, or raise ops.memory`);
    throw new Error(text);
  }

  #text(): string {
    return textOf((buffer, size) => this.#native.sc_error(this.#context, buffer, size));
  }

  #assertOpen(): void {
    if (this.#closed) throw new TypeError("Cannot use these operations: they are closed");
  }
}

/** Waits for all before failing, so that nothing is still being uploaded when the failure is cleaned up. */
async function settle(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
