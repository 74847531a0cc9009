import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import {
  axisMap,
  bumpMap,
  emptyPicture,
  knownBackbone,
  methodContext,
  plainMaps,
  referenceOps,
} from "../../../core/consensus/testing.ts";
import { correlation, descriptorsOf, resizedVolume } from "../../../core/consensus/volume.ts";
import { ConfigError, InputError } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { fill } from "../../../core/golden/fill.ts";
import { Graph, type Value } from "../../../core/graph/graph.ts";
import { runOnce, type Tensors } from "../../../core/graph/session.ts";
import { defaultSession } from "../../../core/graph/session_options.ts";
import { inputsOf, sizeOf } from "../../../core/hyper/network.ts";
import { TakenWeights, withCheckpoint } from "../../../core/hyper/testing.ts";
import type { FeatureMap } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import { RandomWeights } from "../../../core/weights/learned.ts";
import { WeightSet } from "../../../core/weights/set.ts";
import { tensorOf } from "../../../core/weights/tensor.ts";
import { crossAttend, integrate, takeCross, takeSelf } from "./layers.ts";
import plugin from "./mod.ts";
import { ifcatModel, type IfcatShape, takeIfcat } from "./network.ts";

type Options = Parameters<typeof plugin.build>[1];

/** Weights by name; those not named are zeros, and ones for the scales of norms. */
class Named extends WeightSet {
  constructor(readonly values: { readonly [name: string]: readonly number[] }) {
    super("a test", new Map());
  }

  override take(name: string, shape: readonly number[]) {
    const count = shape.reduce((a, b) => a * b, 1), scale = /norm\w*\.weight$/.test(name) ? 1 : 0;
    return tensorOf(name, shape, Float32Array.from({ length: count }, (_, i) => this.values[name]?.[i] ?? scale));
  }
}

/** Values of a graph for inputs given by shape and values. */
async function valuesOf(
  inputs: { readonly [name: string]: { readonly shape: readonly number[]; readonly data: ArrayLike<number> } },
  build: (g: Graph, given: { readonly [name: string]: Value }) => { readonly [name: string]: Value },
) {
  const g = new Graph("a test"), given: Record<string, Value> = {}, data: Record<string, Tensors[string]> = {};
  for (const [name, { shape, data: values }] of Object.entries(inputs)) {
    given[name] = g.input(`given ${name}`, shape);
    data[`given ${name}`] = { shape: [...shape], data: Float32Array.from(values) };
  }
  return await runOnce(g.model(build(g, given)), data, defaultSession);
}

Deno.test("integrate() gathers features and costs by one hand-computed attention map", async () => {
  // Norms turn (1000, 0) into (1, -1). Queries and keys see the first channel alone; alike cells weigh 3 to 1.
  const weights = takeSelf(
    new Named({
      "s.query.weight": [1, 0, 0, 0, 0, 0, 0, 0],
      "s.key.weight": [Math.SQRT2 * Math.log(3) / 2, 0, 0, 0, 0, 0, 0, 0],
      "s.value_features.weight": [1, 0, 0, 1],
      "s.value_cost.weight": [1, 0, 0, 1],
      "s.out_features.weight": [2, 0, 0, 2],
      "s.out_cost.weight": [1, 0, 0, 1],
      "s.out_cost.bias": [10, 0],
    }),
    "s",
    2,
    2,
  );
  const found = await valuesOf({
    features: { shape: [1, 2, 2], data: [1000, 0, 0, 1000] },
    cost: { shape: [1, 2, 2], data: [0, 1000, 1000, 0] },
  }, (g, given) => ({ ...integrate(g, given["features"]!, given["cost"]!, weights, 1) }));
  // .75 (1, -1) + .25 (-1, 1), twice; .75 (-1, 1) + .25 (1, -1), and 10.
  [1, -1, -1, 1].forEach((value, i) => assertAlmostEquals(found["features"]!.data[i]!, value, 1e-5));
  [9.5, 0.5, 10.5, -0.5].forEach((value, i) => assertAlmostEquals(found["cost"]!.data[i]!, value, 1e-5));
});

Deno.test("integrate() lets costs alone decide too: cells that match alike share features", async () => {
  // Features are the same everywhere but for one channel that queries do not see; the first two rows of costs are alike.
  const weights = takeSelf(
    new Named({
      "s.query.weight": [0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
      "s.key.weight": [0, 0, 100, 0, 0, 0, 0, 0, 0, 0],
      "s.value_features.weight": [1, 0, 0, 1],
      "s.out_features.weight": [1, 0, 0, 1],
    }),
    "s",
    2,
    3,
  );
  const { features } = await valuesOf({
    features: { shape: [1, 3, 2], data: [900, 0, 0, 900, 0, 900] },
    cost: { shape: [1, 3, 3], data: [9, 0, 0, 9, 0, 0, 0, 9, 0] },
  }, (g, given) => ({ ...integrate(g, given["features"]!, given["cost"]!, weights, 1) }));
  // The third cell's own, and between the first two, (1, -1) and (-1, 1), the mean.
  [0, 0, 0, 0, -1, 1].forEach((value, i) => assertAlmostEquals(features!.data[i]!, value, 1e-4));
});

Deno.test("integrate() does not know the order of the cells", async () => {
  const tokens = 5, width = 6, cells = 4, weights = takeSelf(new RandomWeights(), "s", width, cells);
  const order = [3, 0, 4, 1, 2];
  const features = fill(1, "features", [tokens, width], "uniform"), cost = fill(1, "cost", [tokens, cells], "uniform");
  const rows = (data: Float32Array, size: number) => order.map((row) => [...data.slice(row * size, (row + 1) * size)]);
  const run = (d: ArrayLike<number>, c: ArrayLike<number>) =>
    valuesOf({
      features: { shape: [1, tokens, width], data: d },
      cost: { shape: [1, tokens, cells], data: c },
    }, (g, given) => ({ ...integrate(g, given["features"]!, given["cost"]!, weights, 2) }));
  const plain = await run(features, cost), mixed = await run(rows(features, width).flat(), rows(cost, cells).flat());
  for (const [name, size] of [["features", width], ["cost", cells]] as const) {
    const wanted = rows(plain[name]!.data, size).flat();
    assert(new Set(wanted.map((value) => value.toFixed(5))).size > 10);
    wanted.forEach((value, i) => assertAlmostEquals(mixed[name]!.data[i]!, value, 1e-5));
  }
});

Deno.test("crossAttend() adds the features of the cell that the cost points to, from either side", async () => {
  const identity = [1, 0, 0, 1];
  const weights = takeCross(new Named({ "c.value.weight": identity, "c.out.weight": identity }), "c", 2);
  const run = (own: typeof weights) =>
    valuesOf({
      features: { shape: [2, 2, 2], data: [500, 0, 500, 0, 0, 500, 500, 0] },
      cost: { shape: [2, 2], data: [0.9, 0.1, 0.2, 0.3] },
    }, (g, given) => ({ ...crossAttend(g, { features: given["features"]!, cost: given["cost"]! }, own, 0.001) }));
  const { features, cost } = await run(weights);
  // Source cells 0, 1 look at targets 0, 1: (-1, 1), (1, -1); target cells 0, 1 at sources 0, 1: both (1, -1).
  const wanted = [499, 1, 501, -1, 1, 499, 501, -1];
  wanted.forEach((value, i) => assertAlmostEquals(features!.data[i]!, value, 1e-3));
  [0.9, 0.1, 0.2, 0.3].forEach((value, i) => assertAlmostEquals(cost!.data[i]!, value, 1e-6));
  // Queries and keys of one channel: source (1, 1), target (-1, 1), over the root of 2.
  const first = [1, 0, 0, 0];
  const refined = await run(takeCross(new Named({ "c.query.weight": first, "c.key.weight": first }), "c", 2));
  const root = Math.SQRT1_2;
  [0.9 - root, 0.1 + root, 0.2 - root, 0.3 + root].forEach((value, i) =>
    assertAlmostEquals(refined["cost"]!.data[i]!, value, 1e-5)
  );
});

const source = emptyPicture(32, "source"), target = emptyPicture(32, "target");
const small: IfcatShape = { sides: [2, 4], width: 8, depth: 2, heads: 2, temperature: 0.02 };
const unlike = {
  source: plainMaps(source, [[3, 6], [4, 5]]),
  target: plainMaps(target, [[3, 6], [5, 5]]),
};

async function costOf(set: WeightSet, first: readonly FeatureMap[], second: readonly FeatureMap[], shape = small) {
  const sizes = { source: first.map(sizeOf), target: second.map(sizeOf) };
  const model = ifcatModel(sizes, takeIfcat(set, first.map((map) => map.channels), shape));
  const inputs = { ...inputsOf("source", first), ...inputsOf("target", second) };
  const { cost } = await runOnce(model, inputs, defaultSession);
  return cost!.data;
}

Deno.test("ifcat's cost is transposed when the pictures are swapped", async () => {
  const there = await costOf(new RandomWeights(), unlike.source, unlike.target);
  const back = await costOf(new RandomWeights(), unlike.target, unlike.source);
  assertEquals(there.length, 256);
  assert(
    there.some((value, i) => Math.abs(value - there[i % 16 * 16 + (i >> 4)]!) > 0.1),
    "it is not symmetric itself",
  );
  there.forEach((value, i) => assertAlmostEquals(back[i % 16 * 16 + (i >> 4)]!, value, 2e-4));
});

Deno.test("ifcat whose layers add nothing sums the levels' cosines, coarse ones made finer", async () => {
  const maps = {
    source: plainMaps(source, [[2, 6], [4, 5]]),
    target: plainMaps(target, [[2, 6], [4, 5]]),
  };
  using ops = await referenceOps();
  const level = async (i: number) => {
    const pair = { source: descriptorsOf(maps.source[i]!), target: descriptorsOf(maps.target[i]!) };
    return await correlation(ops, pair, { rule: "max", eps: 1e-12 });
  };
  const coarse = await resizedVolume(ops, await level(0), 4), fine = await level(1);
  const cost = await costOf(new Named({}), maps.source, maps.target);
  cost.forEach((value, i) => assertAlmostEquals(value, coarse.data[i]! + fine.data[i]!, 1e-5));
});

/** Names and shapes of a file of one level, all zero. */
function zeros() {
  const weights = new TakenWeights();
  takeIfcat(weights, [16], { ...small, sides: [4] });
  return weights.taken;
}

async function build(maps: Parameters<typeof knownBackbone>[0], own: Partial<Options>) {
  const ops = await referenceOps(), options = { ...defaultsOf(plugin.defaults), heads: 2, ...own } as Options;
  const method = await plugin.build(methodContext(knownBackbone(maps), ops, "ifcat"), options);
  return {
    method,
    async [Symbol.asyncDispose]() {
      await method.close?.();
      ops.close();
    },
  };
}

Deno.test("ifcat takes a file of its own names and follows a mirrored picture", async () => {
  // Cell (row, col) of the source shows in the target at (col, row).
  const mirrored = Array.from({ length: 16 }, (_, i) => (i % 4) * 4 + Math.floor(i / 4));
  const maps = { source: [axisMap(source, [...mirrored.keys()])], target: [axisMap(target, mirrored)] };
  await withCheckpoint(zeros(), async (weights) => {
    await using built = await build(maps, { weights, readout: "bilinear" });
    assertEquals(built.method.meaningless, undefined);
    const { xy } = await built.method.correspond(source, target, pointsOf([[11.5, 3.5], [11.5, 19.5]]));
    [3.5, 11.5, 19.5, 11.5].forEach((wanted, i) => assertAlmostEquals(xy[i]!, wanted, 1e-3));
  });
  const { "level.0.block.1.cross.out.bias": _left, ...rest } = zeros();
  await withCheckpoint({ ...rest, stranger: { shape: [1] } }, async (weights) => {
    await assertRejects(() => build(maps, { weights }), InputError, "level.0.block.1.cross.out.bias");
    await assertRejects(() => build(maps, { weights }), InputError, "stranger");
  });
  await withCheckpoint({ stranger: { shape: [1] } }, async (weights) => {
    await assertRejects(() => build(maps, { weights }), InputError, "level.0.projection.weight");
  });
});

Deno.test("ifcat refuses maps that do not go with its levels or its file, and sizes that heads do not divide", async () => {
  const maps = {
    source: [bumpMap(source, { side: 4, channels: 5 })],
    target: [bumpMap(target, { side: 4, channels: 5 })],
  };
  await withCheckpoint(zeros(), async (weights) => {
    await using built = await build(maps, { weights });
    await assertRejects(() => built.method.correspond(source, target, pointsOf([[0, 0]])), InputError, "of 5 channels");
  });
  await using built = await build(maps, { weights: "random", sides: [2, 4] });
  await assertRejects(() => built.method.correspond(source, target, pointsOf([[0, 0]])), ConfigError, "for 2 levels");
  await assertRejects(() => build(maps, { weights: "random", sides: [3] }), InputError, "heads");
});

Deno.test("ifcat marks random weights, on maps of any channels and any size", async () => {
  await using built = await build(unlike, { weights: "random", sides: [2, 4], width: 8 });
  assertEquals(built.method.meaningless, "random weights");
  const points = pointsOf([[3, 4], [30, 20]]);
  const found = await built.method.correspond(source, target, points);
  assert([...found.xy].every((value) => value >= 0 && value <= 31));
  assertEquals((await built.method.correspond(source, target, points)).xy, found.xy);
});

Deno.test("ifcat has the parameters its card's sizes say", () => {
  const weights = new TakenWeights(), d = 128;
  takeIfcat(weights, [2048, 1024, 512], { sides: [8, 16, 32], width: d, depth: 2, heads: 4, temperature: 0.02 });
  const affine = (out: number, into: number) => out * into + out, mlp = 2 * d + affine(4 * d, d) + affine(d, 4 * d);
  const self = (cells: number) =>
    2 * d + 2 * cells + 2 * affine(d, d + cells) + 2 * affine(d, d) + 2 * affine(cells, cells) + mlp;
  const cross = 2 * d + 4 * affine(d, d) + mlp;
  const projections = affine(d, 2048) + affine(d, 1024) + affine(d, 512);
  assertEquals(weights.count, projections + 2 * (self(64) + self(256) + self(1024) + 3 * cross));
});
