import type { FilledTensor, GoldenCase } from "../../golden/vectors.ts";
import { WeightSet } from "../../weights/set.ts";
import { tensorOf, type WeightTensor } from "../../weights/tensor.ts";
import { Graph, type Value } from "../graph.ts";
import { reshape, slice, transpose } from "../ops/mod.ts";
import { runOnce } from "../session.ts";
import { defaultSession } from "../session_options.ts";
import type { VitConfig } from "./config.ts";
import type { VitDialect } from "./dialects.ts";
import { type Vit, vit } from "./network.ts";
import type { VitParameters } from "./parameters.ts";

/** The parameters of a recorded case as a checkpoint. */
export function caseWeights(c: GoldenCase): WeightSet {
  const tensors = new Map<string, WeightTensor>();
  for (const [name, { shape, data }] of c.params()) tensors.set(name, tensorOf(name, shape, data));
  return new WeightSet(`case ${c.json.case}`, tensors);
}

/** The size of a recorded network, completed by what its settings do not say. */
export function caseConfig(c: GoldenCase, rest: Partial<VitConfig> & Pick<VitConfig, "patch" | "eps">): VitConfig {
  const { dim, depth, heads } = c.config;
  return { dim, depth, heads, hidden: 4 * dim, ...rest };
}

/** An input as the runtime takes it. */
export function feed({ shape, data }: FilledTensor): { shape: readonly number[]; data: Float32Array<ArrayBuffer> } {
  return { shape, data: new Float32Array(data) };
}

/** Builds the recorded network from its recorded parameters, runs it, and gives the outputs that `taps` names. */
export async function runVit(
  c: GoldenCase,
  dialect: VitDialect,
  config: VitConfig,
  ignore: readonly string[],
  taps: (g: Graph, net: Vit, parameters: VitParameters) => Record<string, Value>,
): Promise<Record<string, Float32Array>> {
  const weights = caseWeights(c);
  const parameters = dialect(weights, config);
  weights.finish("a Vision Transformer", ignore);
  const image = c.input("image");
  const g = new Graph(c.json.case);
  const net = vit(g, g.input("image", image.shape), parameters, config);
  const outputs = await runOnce(g.model(taps(g, net, parameters)), { image: feed(image) }, defaultSession);
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
}

/** Tokens without class and registers as channel planes: [n, tokens, c] -> [n, c, rows, cols]. */
export function planes(g: Graph, net: Vit, tokens: Value): Value {
  const [n, count, c] = tokens.shape as [number, number, number];
  const patches = slice(g, tokens, 1, net.prefix, count);
  return reshape(g, transpose(g, patches, [0, 2, 1]), [n, c, net.rows, net.cols]);
}

/** The class token: [n, tokens, c] -> [n, c]. */
export function classToken(g: Graph, tokens: Value): Value {
  return reshape(g, slice(g, tokens, 1, 0, 1), [tokens.shape[0]!, tokens.shape[2]!]);
}

/** Class position and resampled patch positions as one table, as the recordings keep it. */
export function positionTable(classPosition: Float32Array, patches: Float32Array): Float32Array {
  const table = new Float32Array(classPosition.length + patches.length);
  table.set(classPosition);
  table.set(patches, classPosition.length);
  return table;
}
