import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { divideGrid, identityFrame } from "../frame.ts";
import type { Cells, CostVolume, Lattice } from "../types.ts";
import { localizers } from "./mod.ts";
import { bilinear, cellBlend } from "./bilinear.ts";
import { nearest } from "./nearest.ts";

function lattice(rows: number, cols: number): Lattice {
  const size = { width: cols, height: rows };
  return { frame: identityFrame(size), grid: divideGrid(size, rows, cols, "align-corners") };
}

/** A volume given as [source cells][target cells]; notes how many rows were asked for at a time. */
function volumeOf(source: Lattice, target: Lattice, similarity: (s: number, t: number) => number) {
  const asked: number[] = [];
  const cells = target.grid.rows * target.grid.cols;
  const rows = (which: ArrayLike<number>) => {
    asked.push(which.length);
    const values = Array.from(which, (s) => Array.from({ length: cells }, (_, t) => similarity(s, t)));
    return Promise.resolve(Float32Array.from(values.flat()));
  };
  const volume: CostVolume = {
    source,
    target,
    rows,
    sample: ({ n, xy }) =>
      rows(Array.from({ length: n }, (_, i) => Math.round(xy[2 * i + 1]!) * source.grid.cols + Math.round(xy[2 * i]!))),
    dense: () => rows(Array.from({ length: source.grid.rows * source.grid.cols }, (_, i) => i)),
  };
  return { volume, asked };
}

function cellsOf(...pairs: [number, number][]): Cells {
  return { n: pairs.length, xy: Float64Array.from(pairs.flat()) };
}

Deno.test("every localizer finds a clear match, with its similarity, and answers NaN for a masked row", async () => {
  const grid = lattice(3, 4);
  // Source cell s matches target cell 11 - s; source cell 5 is masked.
  const { volume } = volumeOf(grid, grid, (s, t) => s === 5 ? -Infinity : t === 11 - s ? 1 : -1);
  for (const [name, plugin] of Object.entries(localizers)) {
    const defaults = Object.fromEntries(Object.entries(plugin.defaults).map(([key, spec]) => [key, spec.value]));
    const options = { ...defaults, ...("temperature" in defaults ? { temperature: 0.01 } : {}) };
    const { n, xy, score } = await plugin.build(options).localize(volume, cellsOf([3, 0], [0, 2]));
    assertEquals(n, 2);
    // Source (3, 0) is cell 3 -> 8 = (0, 2); source (0, 2) is cell 8 -> 3 = (3, 0).
    [0, 2, 3, 0].forEach((v, i) => assertAlmostEquals(xy[i]!, v, 1e-4, `${name}[${i}]`));
    assertAlmostEquals(score[0]!, 1, 1e-3);
    assert(plugin.doc.length > 0);
    if (name === "bilinear") continue;
    const masked = await plugin.build(options).localize(volume, cellsOf([1, 1]));
    assertEquals([...masked.xy, masked.score[0]], [NaN, NaN, -Infinity], name);
  }
});

Deno.test("localizers answer no query with no position", async () => {
  const { volume } = volumeOf(lattice(2, 2), lattice(2, 2), () => 0);
  for (const plugin of Object.values(localizers)) {
    const options = Object.fromEntries(Object.entries(plugin.defaults).map(([key, spec]) => [key, spec.value]));
    const { n, xy, score } = await plugin.build(options).localize(volume, cellsOf());
    assertEquals([n, xy.length, score.length], [0, 0, 0]);
  }
});

Deno.test("nearest asks a fine grid for a few rows at a time", async () => {
  const target = lattice(1024, 1024);
  const { volume, asked } = volumeOf(lattice(3, 3), target, (s, t) => s === t ? 1 : 0);
  const { xy } = await nearest.build().localize(volume, cellsOf([0, 0], [1, 0], [2, 0], [0, 1], [1, 1]));
  assertEquals(asked, [4, 1]);
  assertEquals([...xy], [0, 0, 1, 0, 2, 0, 3, 0, 4, 0]);
});

Deno.test("cellBlend() gives the four neighbours with weights of the opposite areas", () => {
  const { cells, weights } = cellBlend(1.25, 0.5, 3, 4);
  assertEquals(cells, [1, 2, 5, 6]);
  assertEquals(weights, [0.375, 0.125, 0.375, 0.125]);
});

Deno.test("cellBlend() stays on the map at and beyond the borders and on an axis of one cell", () => {
  for (const [x, y] of [[0, 0], [3, 2], [-7, 99], [3, 0]] as const) {
    const { cells, weights } = cellBlend(x, y, 3, 4);
    assert(cells.every((cell) => Number.isInteger(cell) && cell >= 0 && cell < 12));
    assertAlmostEquals(weights.reduce((a, b) => a + b), 1);
    assert(Math.max(...weights) > 0.9999);
  }
  assertEquals(cellBlend(5, 0, 1, 1), { cells: [0, 0, 0, 0], weights: [1, 0, 0, 0] });
});

Deno.test("bilinear mixes matches of the four cells and leaves out a cell without one", async () => {
  const source = lattice(2, 2);
  // Source cells 0..3 match target columns 0, 4, 8, and nothing.
  const { volume, asked } = volumeOf(source, lattice(1, 9), (s, t) => s === 3 ? NaN : t === 4 * s ? 1 - s / 10 : 0);
  const { xy, score } = await bilinear.build().localize(volume, cellsOf([0.5, 0.5]));
  assertEquals(asked, [4]);
  // Equal weights on 0, 4 and 8; similarities 1, .9, .8.
  assertAlmostEquals(xy[0]!, 4);
  assertAlmostEquals(score[0]!, 0.9, 1e-6);
  const none = volumeOf(source, lattice(1, 9), () => NaN);
  const lost = await bilinear.build().localize(none.volume, cellsOf([0.5, 0.5]));
  assertEquals([...lost.xy, lost.score[0]], [NaN, NaN, -Infinity]);
});
