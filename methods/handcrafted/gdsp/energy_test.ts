import { assertAlmostEquals } from "@std/assert";
import { join } from "@std/path";
import { divideGrid, identityFrame } from "../../../core/frame.ts";
import { picture, pictureRoot } from "../../../core/golden/pictures.ts";
import { gridLayer, gridSize, sampleCells, translationOf } from "../../../core/pyramid/grid.ts";
import { sharedPath, sharedTest } from "../../../core/testing/shared.ts";
import { WILLOW } from "../../../core/testing/willow.ts";
import type { FeatureMap } from "../../../core/types.ts";
import { openOps } from "../../../ffi/mod.ts";
import { makeChanges, noLabels } from "./changes.ts";
import { labelCosts } from "./costs.ts";
import { Energy } from "./energy.ts";
import { mapField, siftField } from "./field.ts";
import { problemOn, type SolverOptions } from "./solver.ts";

const options: SolverOptions = {
  levels: 2,
  samples: 80,
  coarseSamples: 80,
  bound: 1.2,
  stretch: 0,
  stretchBound: 0.25,
  zoom: 0,
  turn: 0,
  changeBound: 0.25,
  prior: 0.125,
  iterations: 5,
  messageIterations: 5,
  deform: 0,
  overlap: 0,
  corrected: true,
};

/** Three values per cell, all over the place. */
function map(cols: number, rows: number, phase: number): FeatureMap {
  const data = Float32Array.from(
    { length: cols * rows * 3 },
    (_, i) => Math.sin(i * 1.7 + phase) + Math.cos(i * i + phase),
  );
  const size = { width: cols, height: rows };
  return {
    frame: identityFrame(size),
    grid: divideGrid(size, cols, rows, "half-pixel"),
    channels: 3,
    name: "made",
    data,
  };
}

const source = map(9, 9, 0), target = map(9, 9, 1), field = mapField(target), changes = makeChanges([1, 2], [0, 90]);
const size = gridSize({ source: { width: 9, height: 9 }, target: { width: 9, height: 9 } }, options.samples);
const count = size.nx * size.ny;
const sampled = (map: FeatureMap, step: number) => sampleCells({ ...map, ...map.grid, data: map.data }, step);
const given = { size, samples: sampled(source, size.step).data, field, changes, options };

for (const corrected of [true, false]) {
  Deno.test(`labelCosts() and Energy without changes are DSP's node costs, corrected=${corrected}`, async () => {
    using ops = await openOps({ ops: "reference" });
    const maps = { source: sampled(source, size.step), target: sampled(target, size.step) };
    const { unary, states } = await gridLayer(ops, maps, size, { ...options, corrected });
    const problem = problemOn({ ...given, options: { ...options, corrected } }, unary.means);
    const costs = await labelCosts(ops, problem, { change: noLabels(5, changes).change, means: unary.means });
    for (const [i, value] of costs.entries()) assertAlmostEquals(value, unary.data[i]!, 1e-4);
    const labels = noLabels(5, changes);
    for (const [node, state] of states.entries()) {
      [labels.dx[node], labels.dy[node]] = translationOf(size, state);
    }
    const want = states.reduce((sum, state, node) => sum + unary.data[node * count + state]!, 0);
    assertAlmostEquals(new Energy(problem).data(labels), want, 1e-4);
  });
}

Deno.test("labelCosts() of all changes are the energies of one node with that label, where cells land on cells", async () => {
  using ops = await openOps({ ops: "reference" });
  const problem = problemOn(given, []);
  const costs = await labelCosts(ops, problem), means = problem.nodes.map(() => 0);
  // Each level's mean cost without change, which the costs were divided by, is 1 of them.
  const raw = problemOn({ ...given, options: { ...options, prior: 0 } }, means.fill(1));
  const alone = (node: number, change: number, dx: number, dy: number) => {
    const one = new Energy({ ...raw, nodes: [raw.nodes[node]!], edges: [] });
    return one.data({ change: Int32Array.of(change), dx: Int32Array.of(dx), dy: Int32Array.of(dy) });
  };
  // Of the top node, whose centre is a cell.
  let mean = 0;
  for (let k = 0; k < count; k++) mean += alone(0, changes.identity, ...translationOf(size, k)) / count;
  for (let change = 0; change < 4; change++) {
    for (let k = 0; k < count; k++) {
      const want = alone(0, change, ...translationOf(size, k)) / mean +
        (change === changes.identity ? 0 : options.prior);
      assertAlmostEquals(costs[change * count + k]!, want, 1e-4);
    }
  }
});

const RECORDED = "golden/dsp/pairs.json";

sharedTest("the energy of the translations that DSP's authors' program found is the one it recorded", [
  RECORDED,
  WILLOW,
], async () => {
  const { pairs } = JSON.parse(await Deno.readTextFile(sharedPath(RECORDED)));
  const { A, B, opt_state, unary_sum, level_mean_cost } = pairs[0];
  const root = pictureRoot(join(sharedPath(RECORDED), ".."));
  const [a, b] = [await picture(root, A), await picture(root, B)];
  const alone = makeChanges([1], [0]), own = siftField(a, alone), other = siftField(b, alone);
  const grid = gridSize({ source: a, target: b }, 2500);
  const samples = new Float32Array(grid.cols * grid.rows * 128);
  for (let i = 0; i < grid.cols * grid.rows; i++) {
    own.write(0, i % grid.cols * grid.step, Math.floor(i / grid.cols) * grid.step, samples, i * 128);
  }
  const settings = { ...options, levels: 3, bound: 500, corrected: false };
  const problem = problemOn({ size: grid, samples, field: other, changes: alone, options: settings }, level_mean_cost);
  const labels = noLabels(problem.nodes.length, alone);
  for (const [node, state] of (opt_state as number[]).entries()) {
    [labels.dx[node], labels.dy[node]] = translationOf(grid, state);
  }
  assertAlmostEquals(new Energy(problem).data(labels), unary_sum, 1e-3);
});
