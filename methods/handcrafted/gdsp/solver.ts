/**
 * GDSP: labels of the pyramid's nodes, then of the pixels.
 *
 * @module
 */
import { nodesAbove } from "../../../core/pyramid/graph.ts";
import {
  gridLayer,
  type GridOptions,
  type GridSize,
  gridSize,
  type Ops,
  sampleCells,
  translationOf,
} from "../../../core/pyramid/grid.ts";
import type { FeatureMap } from "../../../core/types.ts";
import { type Changes, type Labels, noLabels } from "./changes.ts";
import { labelCosts } from "./costs.ts";
import { Energy, type Problem, type Weights } from "./energy.ts";
import type { Field } from "./field.ts";
import { propagate } from "./messages.ts";
import { pyramidEdges, pyramidNodes } from "./nodes.ts";
import { type PixelField, pixelLayer, type PixelOptions } from "./pixels.ts";

/** Constants of the method. */
export interface SolverOptions extends Weights, PixelOptions, GridOptions {
  /** About so many cells of the source take part in the search over all labels. */
  readonly coarseSamples: number;
  /** Iterations of message passing over all labels. */
  readonly messageIterations: number;
}

/** Everything that was found. */
export interface Found extends PixelField {
  readonly labels: Labels;
  /** Of translations alone, and with the changes found; the labels are those of the lower one. */
  readonly energies: { readonly translations: number; readonly changed: number };
}

/**
 * Minimises both layers: DSP's translations; scales and rotations by messages over all labels on a coarser grid; where
 * any node takes one, translations of these again on the full grid; and of both answers the one of lower energy.
 */
export async function solve(
  ops: Ops,
  source: FeatureMap,
  field: Field,
  changes: Changes,
  options: SolverOptions,
): Promise<Found> {
  const sizes = {
    source: { width: source.grid.cols, height: source.grid.rows },
    target: { width: field.cols, height: field.rows },
  };
  const size = gridSize(sizes, options.samples);
  const maps = {
    source: sampleCells({ ...source, ...source.grid, data: source.data }, size.step),
    target: sampleCells({ ...field, data: field.plain }, size.step),
  };
  const grid = await gridLayer(ops, maps, size, options);
  const translated = noLabels(nodesAbove(options.levels), changes);
  for (const [node, state] of grid.states.entries()) {
    [translated.dx[node], translated.dy[node]] = translationOf(size, state);
  }
  const given = { source, field, changes, options };
  const problem = problemOn(given, size, grid.unary.means), energy = new Energy(problem);
  const translations = energy.total(translated);
  let labels = translated, changed = translations;
  const coarse = problemOn(given, gridSize(sizes, options.coarseSamples), []);
  const change = await findChanges(ops, problem, coarse, options);
  if (change.some((one) => one !== changes.identity)) {
    const unary = await labelCosts(ops, problem, { change, means: problem.means });
    const found = propagate({ ...problem, unary, fixed: change, upward: options.corrected }, options.iterations);
    changed = energy.total(found);
    if (changed < translations) labels = found;
  }
  return {
    ...await pixelLayer(ops, problem, labels, options.levels, options),
    labels,
    energies: { translations, changed },
  };
}

/** What is matched, and how. */
export interface Given {
  readonly source: FeatureMap;
  readonly field: Field;
  readonly changes: Changes;
  readonly options: SolverOptions;
}

/** The pyramid on a grid. @param means [levels]: what data costs are divided by */
export function problemOn({ options, ...rest }: Given, size: GridSize, means: readonly number[]): Problem {
  const nodes = pyramidNodes(options.levels, size, options.corrected);
  return { ...rest, size, nodes, edges: pyramidEdges(nodes, options.levels), means, weights: options };
}

/** Scale and rotation of every node: messages over all labels, on a coarser grid of samples and translations. */
async function findChanges(
  ops: Ops,
  fine: Problem,
  coarse: Problem,
  { messageIterations, corrected }: SolverOptions,
): Promise<Int32Array> {
  const { changes, weights, nodes } = fine;
  if (changes.cos.length === 1) return noLabels(nodes.length, changes).change;
  // The slope is per step of the fine grid.
  const scaled = { ...weights, stretch: weights.stretch * coarse.size.step / fine.size.step };
  const unary = await labelCosts(ops, coarse);
  return propagate({ ...coarse, unary, weights: scaled, upward: corrected }, messageIterations).change;
}
