/**
 * NeMF's parameters, and the part of its network between the embedded correlations and the field.
 *
 * @module
 */
import { aggregate, type Aggregator, type AggregatorShape, takeAggregator } from "../../../core/cats/aggregator.ts";
import { type Affine, applyLinear, takeAffine } from "../../../core/graph/affine.ts";
import { Graph, type Value } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/graph/model.ts";
import { concat, reshape, resize, transpose } from "../../../core/graph/ops/mod.ts";
import { type EncoderBlock, takeEncoderBlock } from "../../../core/hyper/separable.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import { EMBEDDED, type LevelEmbedding, takeEmbedding } from "./embedding.ts";
import { COST, type FieldWeights, takeField } from "./field.ts";

/** Cells per side of a level, divided by those of the embedding: 64, 32, 16 and 8 cells, all brought to 16. */
export const RATIOS = [4, 2, 1, 0.5] as const;

/** Everything behind the backbone. */
export interface NemfWeights {
  readonly projections: readonly Affine[];
  readonly embeddings: readonly LevelEmbedding[];
  readonly aggregator: Aggregator;
  readonly cost: EncoderBlock;
  readonly field: FieldWeights;
}

/** Takes `mlp_model.*`: the field and the convolution of its volume. */
export function takeScore(set: WeightSet): Pick<NemfWeights, "cost" | "field"> {
  return {
    cost: takeEncoderBlock(set, "mlp_model.cost_embedding.embedder.conv4d.0", {
      inputs: COST + 1,
      outputs: COST,
      kernel: [3, 3, 3, 3],
      groups: 4,
    }),
    field: takeField(set, "mlp_model.mlp.0"),
  };
}

/** Takes `proj.*`, `corr_embedder.*`, `decoder.*` and `mlp_model.*`. @param channels of the four levels' maps */
export function takeNemf(
  set: WeightSet,
  channels: readonly number[],
  shape: Omit<AggregatorShape, "levels">,
): NemfWeights {
  return {
    projections: channels.map((count, i) => takeAffine(set, `proj.${i}`, [shape.projection, count])),
    embeddings: RATIOS.map((ratio, i) => takeEmbedding(set, `corr_embedder.${i}`, ratio)),
    aggregator: takeAggregator(set, "decoder", { ...shape, levels: RATIOS.length }),
    ...takeScore(set),
  };
}

/** A level's map. */
export interface LevelSize {
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
}

/**
 * The aggregator's model: inputs `correlation` [64, source cells, target cells] and maps `source0`, `target0`, ...
 * [1, rows, cols, channels]; outputs `refined` (the correlation's shape) and `mean` over its channels.
 */
export function aggregatorModel(
  sizes: { readonly source: readonly LevelSize[]; readonly target: readonly LevelSize[] },
  { projections, aggregator }: Pick<NemfWeights, "projections" | "aggregator">,
): Model {
  const g = new Graph("NeMF"), { side } = aggregator.shape, cells = side * side;
  const features = (picture: "source" | "target") =>
    projections.map((projection, i) => {
      const { rows, cols, channels } = sizes[picture][i]!;
      const planes = transpose(g, g.input(`${picture}${i}`, [1, rows, cols, channels]), [0, 3, 1, 2]);
      const resized = resize(g, planes, side, side, { mode: "bilinear", alignCorners: true });
      const tokens = transpose(g, reshape(g, resized, [channels, cells]), [1, 0]);
      return applyLinear(g, tokens, projection);
    });
  const correlation = g.input("correlation", [projections.length * EMBEDDED, cells, cells]);
  return finished(g, correlation, features("source"), features("target"), aggregator);
}

/** As {@linkcode aggregatorModel}, from projected features [levels, cells, projection]. */
export function projectedModel(aggregator: Aggregator): Model {
  const g = new Graph("NeMF"), { side, levels, projection } = aggregator.shape, cells = side * side;
  const correlation = g.input("correlation", [levels * EMBEDDED, cells, cells]);
  const features = (
    name: string,
  ) => [reshape(g, g.input(name, [levels, cells, projection]), [levels * cells, projection])];
  return finished(g, correlation, features("source"), features("target"), aggregator);
}

function finished(g: Graph, correlation: Value, source: Value[], target: Value[], aggregator: Aggregator): Model {
  const { side, levels, projection } = aggregator.shape, cells = side * side;
  const repeated = (parts: Value[]) => {
    const one = reshape(g, parts.length === 1 ? parts[0]! : concat(g, parts, 0), [levels, 1, cells, projection]);
    const shape = [levels, EMBEDDED, cells, projection];
    return reshape(g, g.node("Expand", [one, g.integers(shape)], shape), [levels * EMBEDDED, cells, projection]);
  };
  const inputs = { correlation, source: repeated(source), target: repeated(target) };
  const { refined } = aggregate(g, inputs, aggregator, EMBEDDED);
  const mean = g.node("ReduceMean", [refined, g.integers([0])], [cells, cells], { attributes: { keepdims: 0 } });
  return g.model({ refined, mean });
}
