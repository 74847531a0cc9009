import { decodeModel, ElementType, type TensorProto } from "../graph/onnx/proto.ts";
import { toFloat32 } from "./convert.ts";
import type { WeightTensor, WeightType } from "./tensor.ts";

const TYPES = new Map<number, WeightType>(
  Object.entries(ElementType).map(([name, number]) => [number, name as WeightType]),
);

/** The weights (initializers) inside an ONNX file, by name; those kept in other files are left out. */
export async function readOnnxWeights(path: string): Promise<Map<string, WeightTensor>> {
  const { graph } = decodeModel(await Deno.readFile(path), path);
  const tensors = new Map<string, WeightTensor>();
  for (const proto of graph?.initializer ?? []) {
    const dtype = TYPES.get(proto.dataType ?? 0);
    const { name = "", dims = [] } = proto;
    if (dtype === undefined || proto.dataLocation === 1) continue;
    tensors.set(name, { name, shape: dims, dtype, read: () => valuesOf(proto, dtype) });
  }
  return tensors;
}

function valuesOf(proto: TensorProto, dtype: WeightType): Float32Array {
  if (proto.rawData !== undefined && proto.rawData.length > 0) return toFloat32(proto.rawData, dtype);
  const listed = proto.floatData ?? proto.doubleData ?? proto.int64Data ?? proto.int32Data ?? [];
  return Float32Array.from(listed);
}
