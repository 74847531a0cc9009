import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import {
  emptyPicture,
  knownBackbone,
  methodContext,
  nativeOps,
  plainMaps,
  referenceOps,
} from "../../../core/consensus/testing.ts";
import { InputError } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { fill } from "../../../core/golden/fill.ts";
import { goldenTest } from "../../../core/golden/testing.ts";
import { TakenWeights, withCheckpoint } from "../../../core/hyper/testing.ts";
import { defaultsOf } from "../../../core/value.ts";
import { RandomWeights } from "../../../core/weights/learned.ts";
import { type AskedCosts, pairCosts } from "./costs.ts";
import { COST, FieldNetwork, HARMONIC, harmonics, harmonicsBack, takeField } from "./field.ts";
import plugin from "./mod.ts";
import golden from "./nemf.golden.ts";
import { takeScore } from "./network.ts";
import { search } from "./search.ts";

goldenTest(golden);

type Options = Parameters<typeof plugin.build>[1];

/** Costs of 9 asked positions over 3 x 3 source cells. */
const costs: AskedCosts = { source: { rows: 3, cols: 3 }, data: fill(0, "costs", [9, 9, COST], "uniform") };
const line = [-1, 0, 1];
const at = Float32Array.from(line.flatMap((y) => line.flatMap((x) => [x, y])));
const asked = { side: 3, at, costs };
const options = { rounds: 4, steps: 0, rate: 0.01, radius: 0.2, seed: 7 };

Deno.test("the slopes of the score are those of finite differences", async () => {
  const network = new FieldNetwork(takeField(new RandomWeights(), "field")), target = harmonics([0.3, -0.4]);
  const inputsAt = (x: number, y: number) => {
    const source = harmonics([x, y]), points = new Float32Array(2 * HARMONIC);
    points.set(source);
    points.set(target, HARMONIC);
    return { source, points, pair: pairCosts(costs, [x, y], [4], true) };
  };
  const scoreAt = async (x: number, y: number) => {
    const { points, pair } = inputsAt(x, y);
    return (await network.score(points, pair.costs))[0]!;
  };
  // Binary fractions: the harmonics' phases are rounded, and these round alike.
  const [x, y] = [0.21875, -0.34375], { source, points, pair } = inputsAt(x, y);
  const slopes = await network.slopes(points, pair.costs), back = harmonicsBack(source, slopes.points, 2 * HARMONIC, 0);
  const step = 2 ** -16;
  for (const [axis, dx, dy] of [[0, step, 0], [1, 0, step]] as const) {
    let slope = back[axis]!;
    for (let c = 0; c < COST; c++) slope += slopes.costs[c]! * pair.slopes![axis][c]!;
    const measured = (await scoreAt(x + dx, y + dy) - await scoreAt(x - dx, y - dy)) / (2 * step);
    // Phases reach 2000 and are rounded to float32: a step of 2^-16 moves the fastest by 0.016, give or take 1 %.
    assertAlmostEquals(slope, measured, 0.03 * Math.abs(measured) + 0.5);
  }
  await network.close();
});

Deno.test("search() never leaves a position worse than it began, and a seed fixes it", async () => {
  const net = new FieldNetwork(takeField(new RandomWeights(), "field")), start = new Float32Array(18);
  const none = await search(net, asked, start, { ...options, rounds: 0 });
  const found = await search(net, asked, start, options), again = await search(net, asked, start, options);
  assertEquals([...none.at], [...start]);
  assertEquals(found, again);
  found.score.forEach((value, i) => assertEquals(value >= none.score[i]!, true));
  assertEquals(found.score.some((value, i) => value > none.score[i]!), true);
  const other = await search(net, asked, start, { ...options, seed: 8 });
  assertEquals(other.at.some((value, i) => value !== found.at[i]), true);
  await net.close();
});

Deno.test("search() climbs: small steps along the slopes raise the mean score", async () => {
  const net = new FieldNetwork(takeField(new RandomWeights(), "field")), start = at.map((value) => 0.7 * value + 0.1);
  const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length;
  const before = await search(net, asked, start, { ...options, rounds: 0 });
  const after = await search(net, asked, start, { ...options, rounds: 0, steps: 6, rate: 1e-4 });
  assertEquals(mean(after.score) > mean(before.score), true);
  await net.close();
});

Deno.test("nemf's field has the official number of parameters", () => {
  const weights = new TakenWeights();
  takeScore(weights);
  assertEquals(weights.count, 541825);
});

const source = emptyPicture(256, "source"), target = emptyPicture(256, "target");
const levels = [[64, 4], [32, 6], [16, 8], [8, 10]] as const;

Deno.test("nemf goes from maps to matches inside the picture, and marks random weights", async () => {
  using ops = await nativeOps();
  const backbone = knownBackbone({ source: plainMaps(source, levels), target: plainMaps(target, levels) });
  const own = { weights: "random", field: 4, rounds: 2, steps: 2 };
  const method = await plugin.build(
    methodContext(backbone, ops, "nemf"),
    { ...defaultsOf(plugin.defaults), ...own } as Options,
  );
  const points = pointsOf([[100, 40], [9, 200]]), found = await method.correspond(source, target, points);
  assertEquals(method.meaningless, "random weights");
  assertEquals(found.xy.every((value) => value >= 0 && value <= 255), true);
  assertEquals(found.score.every((value) => value > 0 && value < 1), true);
  await method.close?.();
});

Deno.test("nemf refuses maps of other sizes, and lists what a foreign checkpoint has too much or lacks", async () => {
  using ops = await referenceOps();
  const backbone = knownBackbone({ source: plainMaps(source, [[16, 4]]), target: plainMaps(target, [[16, 4]]) });
  const context = methodContext(backbone, ops, "nemf");
  const method = await plugin.build(context, { ...defaultsOf(plugin.defaults), weights: "random" } as Options);
  await assertRejects(() => method.correspond(source, target, pointsOf([[0, 0]])), InputError, "64, 32, 16, 8 cells");
  await withCheckpoint({ stranger: { shape: [1] }, x_normal: { shape: [16] } }, async (path) => {
    const built = async () => await plugin.build(context, { ...defaultsOf(plugin.defaults), weights: path } as Options);
    await assertRejects(built, InputError, "1 unexpected (stranger)");
    await assertRejects(built, InputError, "missing (proj.0.weight");
  });
});
