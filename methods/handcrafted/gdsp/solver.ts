/**
 * GDSP: labels of the pyramid's nodes, then of the pixels.
 *
 * @module
 */
import type { Descriptors } from "../../../core/pyramid/descriptors.ts";
import { nodesAbove } from "../../../core/pyramid/graph.ts";
import {
  type GridFound,
  gridLayer,
  type GridOptions,
  type GridSize,
  gridSize,
  type Ops,
  translationOf,
} from "../../../core/pyramid/grid.ts";
import type { Pair } from "../../../core/types.ts";
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
  maps: Pair<Descriptors>,
  field: Field,
  changes: Changes,
  options: SolverOptions,
): Promise<Found> {
  const sizes = { source: maps.source.size, target: maps.target.size };
  const given = async (samples: number) => {
    const size = gridSize(sizes, samples);
    return { size, samples: await (await maps.source.sampled(size.step)).take(), field, changes, options };
  };
  const fine = await given(options.samples), { size } = fine;
  const grid = await gridOf(ops, fine, maps.target);
  const translated = noLabels(nodesAbove(options.levels), changes);
  for (const [node, state] of grid.states.entries()) {
    [translated.dx[node], translated.dy[node]] = translationOf(size, state);
  }
  const problem = problemOn(fine, grid.unary.means), energy = new Energy(problem);
  const translations = energy.total(translated);
  let labels = translated, changed = translations;
  const change = changes.cos.length === 1
    ? translated.change
    : await findChanges(ops, problem, problemOn(await given(options.coarseSamples), []), options);
  if (change.some((one) => one !== changes.identity)) {
    const unary = await labelCosts(ops, problem, { change, means: problem.means });
    const found = propagate({ ...problem, unary, fixed: change, upward: options.corrected }, options.iterations);
    changed = energy.total(found);
    if (changed < translations) labels = found;
  }
  return {
    ...await pixelLayer(ops, maps, problem, labels, options.levels, options),
    labels,
    energies: { translations, changed },
  };
}

/** What is matched, and how. */
export interface Given {
  readonly size: GridSize;
  /** As {@linkcode Problem.samples}. */
  readonly samples: Float32Array;
  readonly field: Field;
  readonly changes: Changes;
  readonly options: SolverOptions;
}

/** The pyramid on a grid. @param means [levels]: what data costs are divided by */
export function problemOn({ options, ...rest }: Given, means: readonly number[]): Problem {
  const nodes = pyramidNodes(options.levels, rest.size, options.corrected);
  return { ...rest, nodes, edges: pyramidEdges(nodes, options.levels), means, weights: options };
}

/** DSP's grid layer. */
async function gridOf(ops: Ops, { size, samples, field, options }: Given, map: Descriptors): Promise<GridFound> {
  using target = await map.sampled(size.step);
  const source = { data: samples, shape: [size.rows, size.cols, field.channels] };
  return await gridLayer(ops, { source, target }, size, options);
}

/** Scale and rotation of every node: messages over all labels, on a coarser grid of samples and translations. */
async function findChanges(
  ops: Ops,
  fine: Problem,
  coarse: Problem,
  { messageIterations, corrected }: SolverOptions,
): Promise<Int32Array> {
  // The slope is per step of the fine grid.
  const scaled = { ...fine.weights, stretch: fine.weights.stretch * coarse.size.step / fine.size.step };
  const unary = await labelCosts(ops, coarse);
  return propagate({ ...coarse, unary, weights: scaled, upward: corrected }, messageIterations).change;
}
