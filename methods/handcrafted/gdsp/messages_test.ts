import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { nodeAt } from "../../../core/pyramid/graph.ts";
import { gridSize } from "../../../core/pyramid/grid.ts";
import { bend, makeChanges } from "./changes.ts";
import { changeCost, type Weights } from "./energy.ts";
import { type MessageProblem, propagate } from "./messages.ts";
import { type Node, pyramidEdges, pyramidNodes } from "./nodes.ts";

const weights: Weights = {
  bound: 1,
  stretch: 0.1,
  stretchBound: 0.15,
  zoom: 0.3,
  turn: 0.2,
  changeBound: 0.5,
  prior: 0,
};
const size = gridSize({ source: { width: 3, height: 2 }, target: { width: 3, height: 2 } }, 6);
const plane = size.nx * size.ny;

/** Whole numbers of a small generator, as hundredths: sums are exact and ties rare. */
function noise(seed: number): () => number {
  let state = seed;
  return () => (state = state * 16807 % 2147483647) % 997 / 1000;
}

/** Grandparent, parent and child about one centre, so that only label costs and their differences count. */
function chain(seed: number, upward: boolean): MessageProblem {
  const changes = makeChanges([1, 2], [0, 90]), random = noise(seed);
  const nodes = [0, 1, 2].map((level): Node => ({
    level,
    left: 0,
    top: 0,
    width: 1,
    height: 1,
    area: 1,
    x: 0,
    y: 0,
  }));
  const edges = [{ a: 0, b: 1, x: 0, y: 0 }, { a: 1, b: 2, x: 0, y: 0 }];
  const unary = Float32Array.from({ length: 3 * 4 * plane }, random);
  return { unary, changes, size, nodes, edges, weights, upward };
}

/** Cost of two states, change * plane + x * ny + y, beside each other. */
function between({ changes }: MessageProblem, a: number, b: number): number {
  const x = (state: number) => Math.floor(state % plane / size.ny), y = (state: number) => state % size.ny;
  const axis = (d: number) => Math.min(weights.stretch * Math.abs(d), weights.stretchBound);
  return axis(x(a) - x(b)) + axis(y(a) - y(b)) +
    changeCost(changes, weights, Math.floor(a / plane), Math.floor(b / plane));
}

function statesOf({ nodes }: MessageProblem, { change, dx, dy }: ReturnType<typeof propagate>): number[] {
  return nodes.map((_, i) => change[i]! * plane + (dx[i]! + size.rx) * size.ny + dy[i]! + size.ry);
}

Deno.test("propagate() both ways finds the labels of least energy of a chain, as trying all of them does", () => {
  for (const seed of [3, 17, 2026]) {
    const problem = chain(seed, true), count = 4 * plane;
    const at = (node: number, state: number) => problem.unary[node * count + state]!;
    const energy = ([a, b, c]: number[]) =>
      at(0, a!) + at(1, b!) + at(2, c!) + between(problem, a!, b!) + between(problem, b!, c!);
    let least = Infinity;
    for (let a = 0; a < count; a++) {
      for (let b = 0; b < count; b++) for (let c = 0; c < count; c++) least = Math.min(least, energy([a, b, c]));
    }
    assertAlmostEquals(energy(statesOf(problem, propagate(problem, 10))), least, 1e-6);
  }
});

Deno.test("propagate() downwards chooses each label of a chain given what the nodes above cost, and never asks those below", () => {
  for (const seed of [3, 17, 2026]) {
    const problem = chain(seed, false), count = 4 * plane;
    let above = new Float64Array(count);
    const want = problem.nodes.map((_, node) => {
      // Least cost of this node's label with all nodes above it, by trying all pairs.
      above = Float64Array.from({ length: count }, (_, state) => {
        const own = problem.unary[node * count + state]!;
        if (node === 0) return own;
        return own + above.reduce((least, v, other) => Math.min(least, v + between(problem, other, state)), Infinity);
      });
      return above.indexOf(Math.min(...above));
    });
    assertEquals(statesOf(problem, propagate(problem, 10)), want);
  }
});

Deno.test("propagate() with fixed changes finds the translations of a search in which no other change can be had", () => {
  const changes = makeChanges([1, 2], [0, 90]), random = noise(5);
  const nodes = pyramidNodes(2, size, true), edges = pyramidEdges(nodes, 2);
  const fixed = Int32Array.of(1, 1, 3, 0, 2), unary = Float32Array.from({ length: 5 * plane }, random);
  const all = new Float32Array(5 * 4 * plane).fill(1e4);
  for (const [node, change] of fixed.entries()) {
    all.set(unary.subarray(node * plane, (node + 1) * plane), (node * 4 + change) * plane);
  }
  for (const upward of [false, true]) {
    const rest = { changes, size, nodes, edges, weights: { ...weights, zoom: 0, turn: 0 }, upward };
    assertEquals(propagate({ ...rest, unary, fixed }, 10), propagate({ ...rest, unary: all }, 10));
  }
});

Deno.test("propagate() draws an undecided node to its parent's rotation, moved as that turns it", () => {
  const changes = makeChanges([1], [0, 90]);
  const size = gridSize({ source: { width: 8, height: 8 }, target: { width: 8, height: 8 } }, 64);
  const nodes = pyramidNodes(2, size, true), edges = pyramidEdges(nodes, 2);
  const plane = size.nx * size.ny, count = 2 * plane;
  const unary = new Float32Array(5 * count);
  // The parent turns about its centre; three children do so too (with the displacement that follows), one is undecided.
  const set = (node: number) => {
    const [dx, dy] = bend(changes, 1, nodes[node]!.x - nodes[0]!.x, nodes[node]!.y - nodes[0]!.y);
    unary.fill(1, node * count, (node + 1) * count);
    unary[node * count + plane + (Math.round(dx) + size.rx) * size.ny + Math.round(dy) + size.ry] = 0;
  };
  for (const node of [0, nodeAt(1, 0, 0), nodeAt(1, 0, 1), nodeAt(1, 1, 0)]) set(node);
  const last = nodeAt(1, 1, 1), want = bend(changes, 1, nodes[last]!.x - nodes[0]!.x, nodes[last]!.y - nodes[0]!.y);
  for (const upward of [false, true]) {
    const problem = { unary, changes, size, nodes, edges, weights: { ...weights, stretchBound: 1 }, upward };
    const { change, dx, dy } = propagate(problem, 10);
    assertEquals([change[last], dx[last], dy[last]], [1, Math.round(want[0]), Math.round(want[1])]);
  }
});

Deno.test("changeCost() counts steps of scale and rotation, each up to its bound", () => {
  const changes = makeChanges([0.5, 1, 2], [-30, 0, 30]), bounded = { ...weights, changeBound: 0.5 };
  assertAlmostEquals(changeCost(changes, bounded, 0, 0), 0);
  assertAlmostEquals(changeCost(changes, bounded, 0, 4), 0.3 + 0.2);
  assertAlmostEquals(changeCost(changes, bounded, 0, 8), 0.5 + 0.4);
});

Deno.test("bend() says how far a cell moves when what is around it is scaled and turned", () => {
  const changes = makeChanges([1, 2], [0, 90]);
  const near = (change: number, x: number, y: number) =>
    bend(changes, change, x, y).map((v) => Math.round(v * 1e9) / 1e9);
  assertEquals(near(0, 3, 5), [0, 0]);
  assertEquals(near(1, 3, 5), [-8, -2]); // (3, 5) turns to (-5, 3)
  assertEquals(near(2, 3, 5), [3, 5]);
  assert(changes.identity === 0);
});
