/**
 * The network of CATs behind the backbone, as one graph.
 *
 * @module
 */
import {
  aggregate,
  type Aggregated,
  type Aggregator,
  type AggregatorShape,
  mutualFilter,
  takeAggregator,
} from "../../../core/cats/aggregator.ts";
import { Graph, type Value } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/graph/model.ts";
import { add, concat, divide, linear, matmul, reshape, resize, sqrt, transpose } from "../../../core/graph/ops/mod.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import type { WeightTensor } from "../../../core/weights/tensor.ts";

/** Parameters of everything behind the backbone. */
export interface CatsWeights {
  readonly aggregator: Aggregator;
  /** Per level: [projection, channels] and [projection]. */
  readonly projections: readonly { readonly weight: WeightTensor; readonly bias: WeightTensor }[];
}

/** Takes `proj.{level}.*` and `decoder.*`. @param channels per level */
export function takeCats(
  set: WeightSet,
  channels: readonly number[],
  shape: Omit<AggregatorShape, "levels">,
): CatsWeights {
  return {
    projections: channels.map((count, i) => ({
      weight: set.take(`proj.${i}.weight`, [shape.projection, count]),
      bias: set.take(`proj.${i}.bias`, [shape.projection]),
    })),
    aggregator: takeAggregator(set, "decoder", { ...shape, levels: channels.length }),
  };
}

/** The sizes of a level's map. */
export interface LevelSize {
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
}

/** How a map is laid out: [rows, cols, channels] as backbones give it, or [channels, rows, cols] as recordings do. */
export type Layout = "interleaved" | "planes";

/** Every value that a caller may want; {@linkcode catsModel} keeps only what leads to its outputs. */
export interface CatsValues extends Aggregated {
  readonly correlation: Value;
  readonly mutual: Value;
  readonly sourceFeatures: Value;
  /** [source cells, target cells]: the mean over levels. */
  readonly mean: Value;
}

/**
 * Builds the network. Inputs are `source0`, `target0`, `source1`, ...: the raw maps, each resized to side x side (corners
 * aligned), its plain values projected, its normalised ones correlated.
 */
export function catsGraph(
  sizes: { readonly source: readonly LevelSize[]; readonly target: readonly LevelSize[] },
  { aggregator, projections }: CatsWeights,
  layout: Layout = "interleaved",
): { g: Graph; values: CatsValues } {
  const g = new Graph("CATs"), { side } = aggregator.shape, cells = side * side;
  /** [cells, channels] on the common grid. */
  const level = (picture: "source" | "target", i: number) => {
    const { rows, cols, channels } = sizes[picture][i]!;
    const shape = layout === "planes" ? [1, channels, rows, cols] : [1, rows, cols, channels];
    const given = g.input(`${picture}${i}`, shape);
    if (layout === "interleaved" && rows === side && cols === side) return reshape(g, given, [cells, channels]);
    const planes = layout === "planes" ? given : transpose(g, given, [0, 3, 1, 2]);
    const resized = resize(g, planes, side, side, { mode: "bilinear", alignCorners: true });
    return transpose(g, reshape(g, resized, [channels, cells]), [1, 0]);
  };
  const lengths = (x: Value) => {
    const sum = g.node("ReduceSumSquare", [x, g.integers([1])], [cells, 1], { attributes: { keepdims: 1 } });
    return sqrt(g, add(g, sum, g.scalar(1e-6)));
  };
  const correlations: Value[] = [], features: { source: Value[]; target: Value[] } = { source: [], target: [] };
  projections.forEach(({ weight, bias }, i) => {
    const source = level("source", i), target = level("target", i);
    for (const [picture, x] of [["source", source], ["target", target]] as const) {
      const projected = linear(g, x, g.weight(weight), g.weight(bias));
      features[picture].push(reshape(g, projected, [1, cells, weight.shape[0]!]));
    }
    const unit = (x: Value) => divide(g, x, lengths(x));
    correlations.push(reshape(g, matmul(g, unit(source), transpose(g, unit(target), [1, 0])), [1, cells, cells]));
  });
  const correlation = concat(g, correlations, 0), mutual = mutualFilter(g, correlation);
  const sourceFeatures = concat(g, features.source, 0);
  const passes = aggregate(g, {
    correlation: mutual,
    source: sourceFeatures,
    target: concat(g, features.target, 0),
  }, aggregator);
  const mean = g.node("ReduceMean", [passes.refined, g.integers([0])], [cells, cells], { attributes: { keepdims: 0 } });
  return { g, values: { ...passes, correlation, mutual, sourceFeatures, mean } };
}

/** The network's model: `similarity` is [target cells, source cells], a row for each cell of the official target. */
export function catsModel(...given: Parameters<typeof catsGraph>): Model {
  const { g, values } = catsGraph(...given);
  return g.model({ similarity: transpose(g, values.mean, [1, 0]) });
}
