import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { takeStack } from "../../../core/consensus/layers.ts";
import {
  axisMap,
  bumpMap,
  countParameters,
  emptyPicture,
  knownBackbone,
  methodContext,
  nativeOps,
  plainMaps,
  referenceOps,
  withCheckpoint,
} from "../../../core/consensus/testing.ts";
import { convolve, correlation, descriptorsOf, type Ops, type Size4 } from "../../../core/consensus/volume.ts";
import { InputError } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { Random } from "../../../core/metrics/random.ts";
import { defaultsOf } from "../../../core/value.ts";
import { RandomWeights } from "../../../core/weights/learned.ts";
import plugin, { matched } from "./mod.ts";
import { patchMatch, randomStart } from "./search.ts";

type Options = Parameters<typeof plugin.build>[1];

const source = emptyPicture(40, "source"), target = emptyPicture(80, "target");
/** Without the last ReLU, so that no pair scores the same as another. */
const layers = takeStack(new RandomWeights(3), "score", { kernels: [3, 3], channels: [16, 1] })
  .map((layer, i) => ({ ...layer, relu: i === 0 }));

/** Two maps of 6 x 5 and 5 x 7 cells whose similarities have no pattern. */
function unlikeMaps() {
  const cut = (map: ReturnType<typeof axisMap>, rows: number, cols: number) => ({
    ...map,
    grid: { ...map.grid, rows, cols },
    data: map.data.slice(0, rows * cols * map.channels),
  });
  const [a] = plainMaps(source, [[7, 8]]), [b] = plainMaps(target, [[7, 8]]);
  return { source: cut(a!, 6, 5), target: cut(b!, 5, 7) };
}

Deno.test("pmnc's scores are those of the same network on the whole volume, in the definition and natively", async () => {
  const maps = unlikeMaps(), pair = { source: descriptorsOf(maps.source), target: descriptorsOf(maps.target) };
  const search = { start: "random", rounds: 3, radius: 4, seed: 1 };
  for (const open of [referenceOps, nativeOps]) {
    using ops: Ops = await open();
    const { data } = await convolve(ops, await correlation(ops, pair), layers);
    const { index, score } = await matched(ops, maps, layers, search);
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert(largest > 0 && new Set(data).size > 500, "the network gives values that tell pairs apart");
    score.forEach((value, cell) => {
      assertAlmostEquals(value, data[cell * 35 + index[cell]!]!, 5e-6 * largest, `${ops.kind}, cell ${cell}`);
    });
  }
});

Deno.test("patchMatch() never makes a match worse, asks for no pair twice, and repeats itself", async () => {
  const size: Size4 = [7, 6, 5, 8], random = new Random(4), n = 42, m = 40;
  const table = Float32Array.from({ length: n * m }, () => random.below(1000));
  const start = randomStart(size, 9);
  const run = async (rounds: number) => {
    const asked = new Set<number>();
    const found = await patchMatch(size, start, (pairs) => {
      const keys = Array.from({ length: pairs.length / 2 }, (_, i) => pairs[2 * i]! * m + pairs[2 * i + 1]!);
      for (const key of keys) {
        assert(!asked.has(key), `pair ${key} is asked for again`);
        asked.add(key);
      }
      return Promise.resolve(Float32Array.from(keys, (key) => table[key]!));
    }, { rounds, radius: 3, seed: 2 });
    return { ...found, asked: asked.size };
  };
  let before: Float32Array = Float32Array.from(start, (to, cell) => table[cell * m + to]!);
  for (const rounds of [0, 1, 2, 3]) {
    const { index, score, asked } = await run(rounds);
    assert(score.every((value, cell) => value >= before[cell]!), `round ${rounds}`);
    assertEquals(score, Float32Array.from(index, (to, cell) => table[cell * m + to]!));
    assert(asked >= n && asked < n * m, `${asked} pairs`);
    before = score;
  }
  assertEquals(await run(3), await run(3));
});

Deno.test("patchMatch() carries one good match over the whole field, and leaves a score of NaN at once", async () => {
  // Only displacement (1, 2) scores, and only cell 0 begins with it: neighbours hand it on, one step a round.
  const size: Size4 = [5, 5, 8, 8], wanted = (cell: number) => (Math.floor(cell / 5) + 1) * 8 + cell % 5 + 2;
  const start = Array.from({ length: 25 }, (_, cell) => cell === 0 ? wanted(0) : 63);
  const score = (pairs: Int32Array) =>
    Promise.resolve(Float32Array.from({ length: pairs.length / 2 }, (_, i) => {
      const cell = pairs[2 * i]!, to = pairs[2 * i + 1]!;
      return to === wanted(cell) ? 1 : to === 63 ? NaN : 0;
    }));
  const at = async (rounds: number) => (await patchMatch(size, start, score, { rounds, radius: 0, seed: 0 })).index;
  const reached = async (rounds: number) => (await at(rounds)).filter((to, cell) => to === wanted(cell)).length;
  // Cells within r steps of the corner: 1, 3, 6, ...; eight steps lead to the opposite one.
  assertEquals([await reached(0), await reached(1), await reached(2), await reached(7), await reached(8)], [
    1,
    3,
    6,
    24,
    25,
  ]);
});

/** One convolution of side 3 with a 1 at its centre: the score of a pair is twice its similarity where that is positive. */
const CENTRE: [name: string, tensor: { shape: number[]; data: Float32Array }][] = [
  ["score.0.weight", {
    shape: [3, 1, 1, 3, 3, 3],
    data: Float32Array.from({ length: 81 }, (_, i) => i === 40 ? 1 : 0),
  }],
  ["score.0.bias", { shape: [1], data: Float32Array.of(0) }],
];

async function build(ops: Ops, maps: Parameters<typeof knownBackbone>[0], options: Partial<Options>) {
  const all = { ...defaultsOf(plugin.defaults), ...options } as Options;
  return await plugin.build(methodContext(knownBackbone(maps), ops, "pmnc"), all);
}

Deno.test("pmnc with a network that keeps the similarity gives a picture its own points, from random matches too", async () => {
  const same = [bumpMap(source, { side: 6, channels: 4 })];
  using ops = await nativeOps();
  await withCheckpoint(CENTRE, "F32", async (weights) => {
    for (const own of [{ start: "nearest", rounds: 0 }, { start: "random", rounds: 12 }]) {
      const method = await build(ops, { source: same, target: same }, { weights, ...own });
      assertEquals(method.meaningless, undefined);
      const { xy, score } = await method.correspond(source, source, pointsOf([[3, 5], [39, 0], [20.5, 33]]));
      [3, 5, 39, 0, 20.5, 33].forEach((wanted, i) => assertAlmostEquals(xy[i]!, wanted, 1e-3, `${own.start} ${i}`));
      // A cosine of 1 in both directions.
      score.forEach((value) => assertAlmostEquals(value, 2, 1e-4));
    }
  });
});

Deno.test("pmnc follows a mirrored picture between cells, and gives its matches as a dense field", async () => {
  // Cell (row, col) of the source shows in the target at (col, row); four cells over 40 and 80 pixels, corners aligned.
  const order = Array.from({ length: 16 }, (_, i) => i), mirrored = order.map((i) => (i % 4) * 4 + Math.floor(i / 4));
  const maps = { source: [axisMap(source, order)], target: [axisMap(target, mirrored)] };
  using ops = await referenceOps();
  await withCheckpoint(CENTRE, "F32", async (weights) => {
    const method = await build(ops, maps, { weights, finer: 1 });
    const { xy } = await method.correspond(source, target, pointsOf([[13, 26], [6.5, 0]]));
    [26 * 79 / 39, 13 * 79 / 39, 0, 6.5 * 79 / 39].forEach((wanted, i) => assertAlmostEquals(xy[i]!, wanted, 1e-6));
    const { data, confidence } = await method.flow!(source, target);
    order.forEach((cell) => {
      assertAlmostEquals(data[2 * cell]!, Math.floor(cell / 4) * 79 / 3, 1e-4);
      assertAlmostEquals(data[2 * cell + 1]!, cell % 4 * 79 / 3, 1e-4);
      assertAlmostEquals(confidence![cell]!, 2, 1e-5);
    });
  });
});

Deno.test("pmnc marks random weights, and lists what a foreign file lacks", async () => {
  const maps = {
    source: [bumpMap(source, { side: 6, channels: 4 })],
    target: [bumpMap(target, { side: 6, channels: 4 })],
  };
  using ops = await referenceOps();
  const method = await build(ops, maps, { weights: "random", channels: [2, 1], rounds: 1 });
  assertEquals(method.meaningless, "random weights");
  const { xy } = await method.correspond(source, target, pointsOf([[10, 20]]));
  assert([...xy].every((value) => value >= 0 && value <= 79));
  await withCheckpoint(CENTRE.slice(0, 1), "F32", async (weights) => {
    await assertRejects(() => build(ops, maps, { weights }), InputError, "score.0.bias");
  });
});

Deno.test("pmnc has the parameters its card's sizes say", () => {
  const shape = { kernels: [3, 3], channels: [16, 1] };
  assertEquals(countParameters((set) => takeStack(set, "score", shape)), 81 * 16 + 16 + 81 * 16 + 1);
});
