/**
 * Writes networks: a {@linkcode Graph} collects typed nodes, checks shapes while they are added, and gives the model
 * that leads to the outputs asked for. Operations are functions in `core/graph/ops/`.
 *
 * @module
 */
import { elementCount, type WeightTensor } from "../weights/tensor.ts";
import { attribute, type AttributeValue } from "./onnx/attribute.ts";
import { ElementType, type NodeProto, type TensorProto, type ValueInfoProto } from "./onnx/proto.ts";
import type { Model } from "./model.ts";

/** Element types a graph computes with. */
export type GraphType = "float32" | "int64" | "int8" | "bool";

/** Names of {@linkcode Precision}. */
export const PRECISIONS = ["float32", "int8"] as const;

/**
 * `int8`: linear layers multiply 8-bit integers; weights are scaled per output, activations per picture.
 *
 * There is no `bfloat16`: ONNX Runtime (1.30, CPU) has no matrix product of that type and refuses such a graph; float16
 * is accepted and computed in float32.
 */
export type Precision = typeof PRECISIONS[number];

/** A tensor inside a graph: the output of a node, an input, a weight or a constant. */
export interface Value {
  /** Unique within its graph. */
  readonly id: string;
  readonly shape: readonly number[];
  readonly dtype: GraphType;
}

/** What a node needs besides its inputs. */
export interface NodeOptions {
  readonly attributes?: { readonly [name: string]: AttributeValue | undefined };
  /** "" (default): the ONNX standard; "com.microsoft": ONNX Runtime's own. */
  readonly domain?: "" | "com.microsoft";
  readonly dtype?: GraphType;
}

/** The version of the ONNX operator set that every graph of this project is written in. */
export const OPSET = 21;

/**
 * A network under construction.
 *
 * @example
 * ```ts
 * const g = new Graph("tiny");
 * const x = g.input("image", [1, 3, 8, 8]);
 * const y = g.scope("stem", () => relu(g, conv(g, x, weight, bias, { stride: 2, padding: 1 })));
 * const model = g.model({ features: y });
 * ```
 */
export class Graph {
  readonly #nodes: { proto: NodeProto; output: string }[] = [];
  readonly #initializers = new Map<string, () => TensorProto>();
  readonly #stored = new Map<string, { value: Value; tensor: WeightTensor }>();
  readonly #inputs = new Map<string, Value>();
  readonly #layers: string[] = [];
  readonly #tensors = new Map<string, WeightTensor>();
  #folder: string | undefined;
  #count = 0;

  /** @param precision of linear layers whose weights come from a checkpoint; everything else is float32. */
  constructor(readonly name: string, readonly precision: Precision = "float32") {}

  /** The layer being built, for messages: scopes joined by dots. */
  get layer(): string {
    return this.#layers.join(".") || this.name;
  }

  /** Names everything that `build` adds. Scopes nest. */
  scope<T>(layer: string, build: () => T): T {
    this.#layers.push(layer);
    try {
      return build();
    } finally {
      this.#layers.pop();
    }
  }

  /** The error for a layer that cannot be built; thrown by operations. */
  refuse(operation: string, why: string): RangeError {
    return new RangeError(`Cannot build layer "${this.layer}": ${operation} ${why}`);
  }

  /** A tensor given at every run. */
  input(name: string, shape: readonly number[]): Value {
    if (this.#inputs.has(name)) throw new RangeError(`Cannot add input "${name}" to ${this.name}: it exists`);
    const value: Value = { id: name, shape, dtype: "float32" };
    this.#inputs.set(name, value);
    return value;
  }

  /**
   * A tensor of a checkpoint as float32. It is not read before the model is written, and not even then where the
   * runtime can map it from its file. The same tensor twice is stored once.
   */
  weight(tensor: WeightTensor): Value {
    const known = this.#stored.get(tensor.name);
    if (known !== undefined && sameTensor(known.tensor, tensor)) return known.value;
    const id = known === undefined ? tensor.name : this.#fresh(tensor.name);
    let value: Value = { id, shape: tensor.shape, dtype: "float32" };
    const stored = this.#mappable(tensor);
    if (stored === undefined) this.#initializers.set(id, () => inline(id, tensor));
    else {
      this.#initializers.set(id, () => stored(id));
      // Half-precision files are widened by the runtime, once, when it opens the session.
      if (tensor.dtype !== "float32") {
        value = this.node("Cast", [value], tensor.shape, { attributes: { to: ElementType.float32 } });
      }
    }
    this.#stored.set(tensor.name, { value, tensor });
    this.#tensors.set(value.id, tensor);
    return value;
  }

  /** The checkpoint's tensor behind a value made by `weight`. */
  tensorOf(value: Value): WeightTensor | undefined {
    return this.#tensors.get(value.id);
  }

  /** 8-bit integers that are computed only when the model is written and they are part of it. */
  bytes(make: () => Int8Array, shape: readonly number[], name: string): Value {
    const id = this.#fresh(name);
    this.#initializers.set(id, () => {
      const data = make();
      return {
        name: id,
        dims: [...shape],
        dataType: ElementType.int8,
        rawData: new Uint8Array(data.buffer, data.byteOffset, data.length),
      };
    });
    return { id, shape, dtype: "int8" };
  }

  /** float32 values that are computed only when the model is written and they are part of it. */
  computed(make: () => Float32Array, shape: readonly number[], name: string): Value {
    const id = this.#fresh(name);
    this.#initializers.set(
      id,
      () => ({ name: id, dims: [...shape], dataType: ElementType.float32, rawData: bytesOf(make()) }),
    );
    return { id, shape, dtype: "float32" };
  }

  /** float32 values known while building. */
  constant(data: Float32Array, shape: readonly number[], name = "constant"): Value {
    if (data.length !== elementCount(shape)) throw this.refuse(name, `of shape [${shape}] has ${data.length} values`);
    const id = this.#fresh(name);
    this.#initializers.set(
      id,
      () => ({ name: id, dims: [...shape], dataType: ElementType.float32, rawData: bytesOf(data) }),
    );
    return { id, shape, dtype: "float32" };
  }

  /** One float32 number. */
  scalar(value: number): Value {
    return this.constant(Float32Array.of(value), [], "scalar");
  }

  /** Integers known while building: shapes, indices, axes. Rank 1 unless a shape is given. */
  integers(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    const id = this.#fresh("integers");
    const data = BigInt64Array.from(values, BigInt);
    this.#initializers.set(
      id,
      () => ({ name: id, dims: [...shape], dataType: ElementType.int64, rawData: bytesOf(data) }),
    );
    return { id, shape, dtype: "int64" };
  }

  /** Adds a node with one output of the given shape. Operations call this after their checks. */
  node(op: string, inputs: readonly (Value | undefined)[], shape: readonly number[], options: NodeOptions = {}): Value {
    const id = this.#fresh(op);
    if (shape.some((side) => !Number.isInteger(side) || side < 1)) {
      throw this.refuse(op, `would give the shape [${shape}]`);
    }
    const names = inputs.map((value) => value?.id ?? "");
    while (names.at(-1) === "") names.pop();
    const attributes = Object.entries(options.attributes ?? {}).filter(([, value]) => value !== undefined);
    const proto: NodeProto = {
      opType: op,
      name: id,
      input: names,
      output: [id],
      attribute: attributes.map(([name, value]) => attribute(name, value!)),
    };
    if (options.domain) proto.domain = options.domain;
    this.#nodes.push({ proto, output: id });
    return { id, shape, dtype: options.dtype ?? "float32" };
  }

  /**
   * The model that computes `outputs`, and nothing that does not lead to them: layers after the last tap are not built
   * and their weights are not read.
   */
  model(outputs: { readonly [name: string]: Value }): Model {
    const entries = Object.entries(outputs);
    if (entries.length === 0) throw new RangeError(`Cannot finish ${this.name}: no output is asked for`);
    for (const [name] of entries) {
      if (this.#inputs.has(name) || this.#initializers.has(name)) {
        throw new RangeError(`Cannot finish ${this.name}: output "${name}" has the name of an input or weight`);
      }
    }
    const needed = new Set(entries.map(([, value]) => value.id));
    const nodes: NodeProto[] = [];
    for (const { proto, output } of this.#nodes.toReversed()) {
      if (!needed.has(output)) continue;
      nodes.push(proto);
      for (const input of proto.input ?? []) needed.add(input);
    }
    nodes.reverse();
    for (const [name, value] of entries) nodes.push({ opType: "Identity", name, input: [value.id], output: [name] });
    const initializer = [...this.#initializers].filter(([id]) => needed.has(id)).map(([, make]) => make());
    const inputs = [...this.#inputs.values()].filter(({ id }) => needed.has(id));
    return {
      name: this.name,
      proto: {
        irVersion: 10,
        producerName: "semantic-correspondence",
        opsetImport: [{ domain: "", version: OPSET }, { domain: "com.microsoft", version: 1 }],
        graph: {
          name: this.name,
          node: nodes,
          initializer,
          input: inputs.map((value) => valueInfo(value.id, value.shape)),
          output: entries.map(([name, value]) => valueInfo(name, value.shape)),
        },
      },
      ...(this.#folder !== undefined && { folder: this.#folder }),
      inputs: Object.fromEntries(inputs.map(({ id, shape }) => [id, shape])),
      outputs: Object.fromEntries(entries.map(([name, { shape }]) => [name, shape])),
    };
  }

  #fresh(label: string): string {
    return `${this.layer}/${label}#${this.#count++}`;
  }

  /** How to name a tensor by its place in a file; undefined where it must be written into the model. */
  #mappable({ file, dtype, shape }: WeightTensor): ((id: string) => TensorProto) | undefined {
    const dataType = dtype === "float32" || dtype === "float16" || dtype === "bfloat16"
      ? ElementType[dtype]
      : undefined;
    // Below this size a file mapping costs more than the copy.
    if (file === undefined || dataType === undefined || file.length < 1024) return undefined;
    const { folder, location } = placeOf(file.path);
    // The runtime looks in one folder per model: the first file decides, tensors of other folders are written inline.
    this.#folder ??= folder;
    if (folder !== this.#folder) return undefined;
    return (id) => ({
      name: id,
      dims: [...shape],
      dataType,
      dataLocation: 1,
      externalData: [
        { key: "location", value: location },
        { key: "offset", value: String(file.offset) },
        { key: "length", value: String(file.length) },
      ],
    });
  }
}

function sameTensor(a: WeightTensor, b: WeightTensor): boolean {
  const sameShape = a.shape.length === b.shape.length && a.shape.every((side, i) => side === b.shape[i]);
  const sameFile = a.file !== undefined && a.file.path === b.file?.path && a.file.offset === b.file.offset;
  return a === b || (sameShape && a.dtype === b.dtype && sameFile);
}

/** The real folder and name of a file: the runtime refuses links that lead out of the folder. */
function placeOf(path: string): { folder: string; location: string } {
  const real = Deno.realPathSync(path).replaceAll("\\", "/");
  const cut = real.lastIndexOf("/");
  return { folder: real.slice(0, cut) || "/", location: real.slice(cut + 1) };
}

function inline(id: string, tensor: WeightTensor): TensorProto {
  return { name: id, dims: [...tensor.shape], dataType: ElementType.float32, rawData: bytesOf(tensor.read()) };
}

function bytesOf(data: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function valueInfo(name: string, shape: readonly number[]): ValueInfoProto {
  return {
    name,
    type: { tensorType: { elemType: ElementType.float32, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
  };
}
