/**
 * GDSP: labels of the pyramid's nodes, then of the pixels.
 *
 * @module
 */
import { nodesAbove } from "../../../core/pyramid/graph.ts";
import {
  gridLayer,
  type GridOptions,
  gridSize,
  type Ops,
  sampleCells,
  translationOf,
} from "../../../core/pyramid/grid.ts";
import type { FeatureMap } from "../../../core/types.ts";
import { type Changes, type Labels, noLabels } from "./changes.ts";
import { coarseCosts } from "./coarse.ts";
import { Energy, type Problem, type Weights } from "./energy.ts";
import type { Field } from "./field.ts";
import { propagate } from "./messages.ts";
import { pyramidEdges, pyramidNodes } from "./nodes.ts";
import { type PixelField, pixelLayer, type PixelOptions } from "./pixels.ts";
import { refine, type Stage } from "./refine.ts";

/** Constants of the method. */
export interface SolverOptions extends Weights, PixelOptions, GridOptions {
  /** About so many cells of the source take part in the search over all labels. */
  readonly coarseSamples: number;
  /** Iterations of message passing over all labels. */
  readonly messageIterations: number;
  /** Rounds of lowering the energy node by node. */
  readonly rounds: number;
}

/** Everything that was found. */
export interface Found extends PixelField {
  readonly labels: Labels;
  readonly stages: readonly Stage[];
}

/** Minimises both layers. */
const lap = (n: string, t: number) => { const T = ((globalThis as any).TIMES ??= {}); T[n] = (T[n] ?? 0) + Math.round(performance.now() - t); };
export async function solve(
  ops: Ops,
  source: FeatureMap,
  field: Field,
  changes: Changes,
  options: SolverOptions,
): Promise<Found> {
  const { levels } = options; const t0 = performance.now();
  const sizes = {
    source: { width: source.grid.cols, height: source.grid.rows },
    target: { width: field.cols, height: field.rows },
  };
  const size = gridSize(sizes, options.samples);
  const grid = await gridLayer(
    ops,
    {
      source: sampleCells({ ...source, ...source.grid, data: source.data }, size.step),
      target: sampleCells({ ...field, data: field.plain }, size.step),
    },
    size,
    options,
  );
  const translated = noLabels(nodesAbove(levels), changes);
  for (const [node, state] of grid.states.entries()) {
    [translated.dx[node], translated.dy[node]] = translationOf(size, state);
  }
  lap("grid", t0); let t1 = performance.now();
  const nodes = pyramidNodes(levels, size.cols, size.rows, size.step, options.corrected), edges = pyramidEdges(nodes, levels);
  const problem: Problem = { source, field, changes, size, nodes, edges, means: grid.unary.means, weights: options, upward: options.corrected };
  const energy = new Energy(problem);
  const sent = changes.cos.length > 1 ? await searchAll(ops, problem, sizes, options) : translated;
  lap("search", t1); t1 = performance.now();
  const starts = sent === translated ? [translated] : [translated, sent];
  const { labels, stages } = refine(energy, problem, starts, options.rounds);
  lap("refine", t1); t1 = performance.now();
  const pixels = await pixelLayer(ops, problem, labels, levels, options);
  lap("pixels", t1);
  return { ...pixels, labels, stages };
}

/** Message passing over all changes, on a coarser grid of samples and translations. */
async function searchAll(
  ops: Ops,
  { source, field, changes, size: fine, weights }: Problem,
  sizes: Parameters<typeof gridSize>[0],
  { levels, coarseSamples, messageIterations, corrected }: SolverOptions,
): Promise<Labels> {
  const t2 = performance.now(); const size = gridSize(sizes, coarseSamples);
  const nodes = pyramidNodes(levels, size.cols, size.rows, size.step), edges = pyramidEdges(nodes, levels);
  // The slope is per step of the fine grid.
  const scaled = { ...weights, stretch: weights.stretch * size.step / fine.step };
  const unary = await coarseCosts(ops, { source, field, changes, size, nodes, weights });
  lap("coarse", t2);
  return propagate({ unary, changes, size, nodes, edges, weights: scaled, upward: corrected }, messageIterations);
}
