import { assertAlmostEquals } from "@std/assert";
import { join } from "@std/path";
import { buildMethod } from "../../../core/build.ts";
import { parseWords, resolveRuns } from "../../../core/config.ts";
import { divideGrid, identityFrame } from "../../../core/frame.ts";
import { picture, pictureRoot } from "../../../core/golden/pictures.ts";
import { gridLayer, gridSize, sampleCells, translationOf } from "../../../core/pyramid/grid.ts";
import { Registry } from "../../../core/registry.ts";
import { sharedPath, sharedTest } from "../../../core/testing/shared.ts";
import { WILLOW } from "../../../core/testing/willow.ts";
import type { FeatureMap } from "../../../core/types.ts";
import { openOps } from "../../../ffi/mod.ts";
import { makeChanges, noLabels } from "./changes.ts";
import { labelCosts } from "./costs.ts";
import { Energy } from "./energy.ts";
import { mapField } from "./field.ts";
import { Gdsp } from "./gdsp.ts";
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

const source = map(9, 9, 0), field = mapField(map(9, 9, 1)), changes = makeChanges([1, 2], [0, 90]);
const size = gridSize({ source: { width: 9, height: 9 }, target: { width: 9, height: 9 } }, options.samples);
const count = size.nx * size.ny;

for (const corrected of [true, false]) {
  Deno.test(`labelCosts() and Energy without changes are DSP's node costs, corrected=${corrected}`, async () => {
    using ops = await openOps({ ops: "reference" });
    const maps = {
      source: sampleCells({ ...source, ...source.grid, data: source.data }, size.step),
      target: sampleCells({ ...field, data: field.plain }, size.step),
    };
    const { unary, states } = await gridLayer(ops, maps, size, { ...options, corrected });
    const problem = problemOn({ source, field, changes, options: { ...options, corrected } }, size, unary.means);
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
  const problem = problemOn({ source, field, changes, options }, size, []);
  const costs = await labelCosts(ops, problem), means = problem.nodes.map(() => 0);
  // Each level's mean cost without change, which the costs were divided by, is 1 of them.
  const raw = problemOn({ source, field, changes, options: { ...options, prior: 0 } }, size, means.fill(1));
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
  const registry = await Registry.open();
  const words = ["method=gdsp", "scales=[1]", "rotations=[0]", "run.cache_disk=0"];
  const [config] = await resolveRuns(registry, [parseWords(words)]);
  await using built = await buildMethod(registry, config!, () => {});
  const { method } = built;
  if (!(method instanceof Gdsp)) throw new TypeError("Cannot check gdsp: the plugin built another method");
  const root = pictureRoot(join(sharedPath(RECORDED), ".."));
  const { maps } = await method.match(await picture(root, A), await picture(root, B));
  const alone = makeChanges([1], [0]), target = mapField(maps.target);
  const grid = gridSize({
    source: { width: maps.source.grid.cols, height: maps.source.grid.rows },
    target: { width: target.cols, height: target.rows },
  }, 2500);
  const given = { source: maps.source, field: target, changes: alone };
  const settings = { ...options, levels: 3, bound: 500, corrected: false };
  const problem = problemOn({ ...given, options: settings }, grid, level_mean_cost);
  const labels = noLabels(problem.nodes.length, alone);
  for (const [node, state] of (opt_state as number[]).entries()) {
    [labels.dx[node], labels.dy[node]] = translationOf(grid, state);
  }
  assertAlmostEquals(new Energy(problem).data(labels), unary_sum, 1e-3);
});
