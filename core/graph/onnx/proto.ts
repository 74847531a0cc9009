/**
 * ONNX files as plain objects: the messages of onnx.proto that a network needs, written and read by protobufjs.
 *
 * Field names and numbers are those of the ONNX specification (onnx.proto3, IR version 10). Messages that this project
 * only carries along (functions of a file, training information) are kept as undecoded bytes, so that a file which is
 * read, changed and written again loses nothing.
 *
 * @module
 */
import protobuf from "protobufjs/light";
import { InputError, messageOf } from "../../errors.ts";

/** ONNX element types in use, by their number in `TensorProto.DataType`. */
export const ElementType = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;

/** `TensorProto`. */
export interface TensorProto {
  dims?: number[];
  dataType?: number;
  name?: string;
  /** Little-endian values. */
  rawData?: Uint8Array;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: number[];
  doubleData?: number[];
  /** `location`, `offset`, `length`. */
  externalData?: { key: string; value: string }[];
  /** 1: the values lie in the file named by `externalData`. */
  dataLocation?: number;
}

/** `AttributeProto`; `type` names which of the fields is meant. */
export interface AttributeProto {
  name: string;
  /** 1 float, 2 int, 3 string, 4 tensor, 5 graph, 6 floats, 7 ints, 8 strings. */
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  graphs?: GraphProto[];
  floats?: number[];
  ints?: number[];
  strings?: Uint8Array[];
}

/** `NodeProto`. */
export interface NodeProto {
  input?: string[];
  output?: string[];
  name?: string;
  opType: string;
  domain?: string;
  attribute?: AttributeProto[];
}

/** `ValueInfoProto` of a tensor. */
export interface ValueInfoProto {
  name: string;
  type?: {
    tensorType?: { elemType?: number; shape?: { dim?: { dimValue?: number; dimParam?: string }[] } };
  };
}

/** `GraphProto`. */
export interface GraphProto {
  name?: string;
  node?: NodeProto[];
  initializer?: TensorProto[];
  input?: ValueInfoProto[];
  output?: ValueInfoProto[];
  valueInfo?: ValueInfoProto[];
}

/** `ModelProto`. */
export interface ModelProto {
  irVersion?: number;
  opsetImport?: { domain?: string; version: number }[];
  producerName?: string;
  graph?: GraphProto;
}

type Fields = Record<string, [id: number, type: string, rule?: "repeated" | "packed"]>;

/** Message name -> field -> number, type, rule. */
const MESSAGES: Record<string, Fields> = {
  StringEntry: { key: [1, "string"], value: [2, "string"] },
  OperatorSet: { domain: [1, "string"], version: [2, "int64"] },
  Dim: { dimValue: [1, "int64"], dimParam: [2, "string"], denotation: [3, "string"] },
  Shape: { dim: [1, "Dim", "repeated"] },
  TensorType: { elemType: [1, "int32"], shape: [2, "Shape"] },
  Type: {
    tensorType: [1, "TensorType"],
    sequenceType: [4, "bytes"],
    mapType: [5, "bytes"],
    denotation: [6, "string"],
    sparseTensorType: [8, "bytes"],
    optionalType: [9, "bytes"],
  },
  ValueInfo: { name: [1, "string"], type: [2, "Type"], docString: [3, "string"] },
  Tensor: {
    dims: [1, "int64", "packed"],
    dataType: [2, "int32"],
    segment: [3, "bytes"],
    floatData: [4, "float", "packed"],
    int32Data: [5, "int32", "packed"],
    stringData: [6, "bytes", "repeated"],
    int64Data: [7, "int64", "packed"],
    name: [8, "string"],
    rawData: [9, "bytes"],
    doubleData: [10, "double", "packed"],
    uint64Data: [11, "uint64", "packed"],
    docString: [12, "string"],
    externalData: [13, "StringEntry", "repeated"],
    dataLocation: [14, "int32"],
  },
  Attribute: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    t: [5, "Tensor"],
    g: [6, "Graph"],
    floats: [7, "float", "packed"],
    ints: [8, "int64", "packed"],
    strings: [9, "bytes", "repeated"],
    tensors: [10, "Tensor", "repeated"],
    graphs: [11, "Graph", "repeated"],
    docString: [13, "string"],
    tp: [14, "bytes"],
    typeProtos: [15, "bytes", "repeated"],
    type: [20, "int32"],
    refAttrName: [21, "string"],
    sparseTensor: [22, "bytes"],
    sparseTensors: [23, "bytes", "repeated"],
  },
  Node: {
    input: [1, "string", "repeated"],
    output: [2, "string", "repeated"],
    name: [3, "string"],
    opType: [4, "string"],
    attribute: [5, "Attribute", "repeated"],
    docString: [6, "string"],
    domain: [7, "string"],
    overload: [8, "string"],
    metadataProps: [9, "StringEntry", "repeated"],
  },
  Graph: {
    node: [1, "Node", "repeated"],
    name: [2, "string"],
    initializer: [5, "Tensor", "repeated"],
    docString: [10, "string"],
    input: [11, "ValueInfo", "repeated"],
    output: [12, "ValueInfo", "repeated"],
    valueInfo: [13, "ValueInfo", "repeated"],
    quantizationAnnotation: [14, "bytes", "repeated"],
    sparseInitializer: [15, "bytes", "repeated"],
    metadataProps: [16, "StringEntry", "repeated"],
  },
  Model: {
    irVersion: [1, "int64"],
    producerName: [2, "string"],
    producerVersion: [3, "string"],
    domain: [4, "string"],
    modelVersion: [5, "int64"],
    docString: [6, "string"],
    graph: [7, "Graph"],
    opsetImport: [8, "OperatorSet", "repeated"],
    metadataProps: [14, "StringEntry", "repeated"],
    trainingInfo: [20, "bytes", "repeated"],
    functions: [25, "bytes", "repeated"],
  },
};

function modelType(): protobuf.Type {
  const root = new protobuf.Root();
  for (const [message, fields] of Object.entries(MESSAGES)) {
    const type = new protobuf.Type(message);
    for (const [name, [id, kind, rule]] of Object.entries(fields)) {
      if (rule === undefined) type.add(new protobuf.Field(name, id, kind));
      else type.add(new protobuf.Field(name, id, kind, "repeated", undefined, { packed: rule === "packed" }));
    }
    root.add(type);
  }
  return root.lookupType("Model");
}

let cached: protobuf.Type | undefined;

/** The bytes of an ONNX file. */
export function encodeModel(model: ModelProto): Uint8Array {
  cached ??= modelType();
  return cached.encode(model).finish();
}

/**
 * Reads the bytes of an ONNX file. Integers become numbers.
 *
 * @throws InputError where the bytes are not an ONNX model.
 */
export function decodeModel(bytes: Uint8Array, origin: string): ModelProto {
  cached ??= modelType();
  let model: ModelProto;
  try {
    model = cached.toObject(cached.decode(bytes), { longs: Number }) as ModelProto;
  } catch (error) {
    throw new InputError(`Cannot read "${origin}" as ONNX: ${messageOf(error)}`);
  }
  if (model.graph === undefined || (model.graph.output ?? []).length === 0) {
    throw new InputError(`Cannot read "${origin}" as ONNX: it holds no graph with outputs`);
  }
  return model;
}
