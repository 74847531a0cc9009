import { InputError } from "../core/errors.ts";
import { type Call, checkArray, type Engine, memoryMessage } from "./engine.ts";
import { type ArrayTensor, type DType, type Input, type Shape, sizeOf, Tensor } from "./tensor.ts";

/** Runs the TypeScript definitions: slow, needs nothing. */
export class ReferenceEngine implements Engine {
  readonly kind = "reference";
  readonly device = "TypeScript reference";
  readonly threads = 1;
  readonly memory: number;
  #live = 0;
  #used = 0;
  #peak = 0;

  constructor({ memory }: { readonly memory: number }) {
    this.memory = memory;
  }

  get live(): number {
    return this.#live;
  }

  get memoryUsed(): number {
    return this.#used;
  }

  get memoryPeak(): number {
    return this.#peak;
  }

  // deno-lint-ignore require-await -- one signature for every engine
  async upload(array: ArrayTensor): Promise<Tensor> {
    checkArray(array);
    const tensor = this.#allocate(array.data instanceof Int32Array ? "int32" : "float32", array.shape);
    tensor.storage.array!.set(array.data);
    return tensor;
  }

  // deno-lint-ignore require-await -- one signature for every engine
  async read(
    tensor: Tensor,
    first: number,
    count: number,
    into?: Float32Array<ArrayBuffer>,
  ): Promise<Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>> {
    const { array } = tensor.pin(this);
    tensor.unpin();
    if (into !== undefined) {
      into.set(array!.subarray(first, first + count));
      return into;
    }
    return array!.slice(first, first + count);
  }

  free(tensor: Tensor): void {
    this.#live--;
    this.#used -= tensor.size * 4;
  }

  reshape({ dtype, storage }: Tensor, shape: Shape): Tensor {
    return new Tensor(dtype, [...shape], storage);
  }

  /** Typed arrays cannot be written outside. */
  check(): void {}

  // deno-lint-ignore require-await -- one signature for every engine
  async run({ name, args, outputs, reference }: Call): Promise<Tensor[]> {
    const pinned = args.filter((value) => value instanceof Tensor);
    for (const tensor of pinned) tensor.pin(this);
    const made: Tensor[] = [];
    try {
      const get = <T>(type: abstract new (...args: never[]) => T, kind: string) => (input: Input): T => {
        if (!(input instanceof Tensor)) checkArray(input);
        const data = input instanceof Tensor ? input.storage.array : input.data;
        if (data instanceof type) return data;
        throw new TypeError(`${name}: an input must be ${kind}`);
      };
      for (const { dtype = "float32", shape } of outputs) made.push(this.#allocate(dtype, shape));
      const out = <T>(type: abstract new (...args: never[]) => T) => (i: number): T => {
        const array = made[i]?.storage.array;
        if (array instanceof type) return array;
        throw new TypeError(`${name} has no such output ${i}`);
      };
      reference(get(Float32Array, "float32"), get(Int32Array, "int32"), {
        float: out(Float32Array),
        int: out(Int32Array),
      });
      return made;
    } catch (error) {
      for (const tensor of made) tensor.dispose();
      throw error;
    } finally {
      for (const tensor of pinned) tensor.unpin();
    }
  }

  [Symbol.dispose](): void {}

  #allocate(dtype: DType, shape: Shape): Tensor {
    const size = sizeOf(shape), bytes = size * 4;
    if (this.#used + bytes > this.memory) throw new InputError(memoryMessage(shape, bytes, this.#used, this.memory));
    const array = dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
    this.#live++;
    this.#used += bytes;
    this.#peak = Math.max(this.#peak, this.#used);
    return new Tensor(dtype, [...shape], { engine: this, pointer: null, array });
  }
}
