import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { inTempFolder } from "../../data/testing/benchmark.ts";
import { InputError } from "../../errors.ts";
import { pointsOf } from "../../frame.ts";
import { loadAnyProtocol } from "../../protocol/mod.ts";
import type { DenseProtocol } from "../../protocol/mod.ts";
import type { Benchmark, BenchmarkPair, Method, Size } from "../../types.ts";
import { Registry } from "../../registry.ts";
import { defaultsOf } from "../../value.ts";
import { benchmarkOf, densePair, fieldBy, flowMethod, pixelLattice, predictAll } from "./_testing.ts";
import { type DenseScores, scoreDense } from "./score.ts";
import { flowFolder } from "./store.ts";

/** Predicts, stores and scores. */
function scored(
  method: Method,
  { pairs, ...benchmark }: Benchmark,
  ...names: string[]
): Promise<DenseScores[]> {
  let scores: DenseScores[] = [];
  return inTempFolder(async (folder) => {
    const lines = await predictAll(method, pairs, folder, "both");
    for (const name of names) {
      const protocol = await loadAnyProtocol(name) as DenseProtocol;
      scores = [...scores, await scoreDense(protocol, pairs, lines, folder, { ...benchmark, pairs })];
    }
  }).then(() => scores);
}

const measure = ({ measures }: DenseScores, name: string) => measures.find((one) => one.name === name)!.values;

/** The exact flow of `shapes`, moved by (dx, dy). */
function exactMethod(truths: ReadonlyMap<string, Float32Array>, dx = 0, dy = 0): Method {
  return flowMethod((source, target) => ({
    lattice: pixelLattice(source),
    data: truths.get(`${source.origin} ${target.origin}`)?.map((value, i) => value + (i % 2 === 0 ? dx : dy)) ??
      new Float32Array(source.width * source.height * 2).fill(NaN),
  }));
}

async function shapesTruths() {
  const registry = await Registry.open();
  const card = registry.find("benchmark", "shapes");
  const plugin = await registry.load({ ...card, kind: "benchmark" });
  const options = { ...defaultsOf(plugin.defaults), pairs: 8, size: 64, images_per_kind: 3 };
  const benchmark = await plugin.build({ card, log: () => {} }, options);
  const truths = new Map<string, Float32Array>();
  for (const pair of benchmark.pairs) {
    const { source, target } = pair.images;
    truths.set(`shapes:${source.id} shapes:${target.id}`, (await pair.dense!()).flow!);
  }
  return { benchmark, truths };
}

Deno.test("the exact flow of shapes scores 1 under every flow protocol, with no end-point error", async () => {
  const { benchmark, truths } = await shapesTruths();
  for (const one of await scored(exactMethod(truths), benchmark, "flow", "flow-point", "tss", "tss-dataset")) {
    assertEquals(one.scores.values, [1, 1, 1, 1]);
    assertEquals(one.scores.pairs, 8);
    for (const error of measure(one, "AEPE")) assertAlmostEquals(error!, 0, 1e-9);
  }
});

Deno.test("a flow off by 5.1 pixels is right where alpha times the target's longer side reaches that far", async () => {
  const { benchmark, truths } = await shapesTruths();
  const off = Math.hypot(3, 4.125);
  const [perImage, perPixel] = await scored(exactMethod(truths, 3, 4.125), benchmark, "flow", "flow-point");
  const reach = (pair: BenchmarkPair, alpha: number) =>
    alpha * Math.max(pair.images.target.size!.width, pair.images.target.size!.height) >= off ? 1 : 0;
  const counts = new Map(perImage!.scores.ids.map((id, i) => [id, perImage!.scores.counts[i]!]));
  [0.01, 0.05, 0.1, 0.15].forEach((alpha, a) => {
    const hits = benchmark.pairs.map((pair) => reach(pair, alpha));
    assertAlmostEquals(perImage!.scores.values[a]!, hits.reduce<number>((s, h) => s + h, 0) / 8, 1e-12);
    const pixels = benchmark.pairs.map(({ id }) => counts.get(id)!);
    const total = pixels.reduce((s, n) => s + n, 0);
    const right = pixels.reduce((s, n, i) => s + n * hits[i]!, 0);
    assertAlmostEquals(perPixel!.scores.values[a]!, right / total, 1e-12);
  });
  // The alphas of the protocol fall on both sides of the error.
  assertEquals([perImage!.scores.values[0], perImage!.scores.values[3]], [0, 1]);
  for (const error of measure(perImage!, "AEPE")) assertAlmostEquals(error!, off, 1e-4);
});

Deno.test("a pixel without a prediction is a miss, and no part of the end-point error", async () => {
  const size = { width: 4, height: 2 };
  // Of the first row's pixels the last is not annotated, and no other row is; of three judged ones, one is exact, one is 1 off, one has no prediction.
  const flow = new Float32Array(16).fill(NaN);
  flow.set([0, 0, 1, 0, 2, 0]);
  const data = flow.map((_, i) => [0, 0, 2, 0, NaN, NaN][i] ?? 3);
  const demo = benchmarkOf([densePair("p", "g", { source: size, target: size }, { flow })]);
  const [result] = await scored(flowMethod(() => ({ lattice: pixelLattice(size), data })), demo, "flow");
  // alpha * 4 pixels: 0.04, 0.2, 0.4, 0.6: only the exact one is ever right.
  assertEquals(result!.scores.values, [1 / 3, 1 / 3, 1 / 3, 1 / 3]);
  assertEquals(measure(result!, "AEPE"), [0.5]);
  assertEquals(result!.scores.notes, ["1 judged pixels have no prediction and count as misses"]);
});

Deno.test("a pair without an annotated pixel does not count, and a note says so", async () => {
  const size = { width: 2, height: 2 };
  const sizes = { source: size, target: size };
  const identity = fieldBy(size, (x, y) => [x, y]);
  const demo = benchmarkOf([
    densePair("hidden", "g", sizes, { flow: new Float32Array(8).fill(NaN) }),
    densePair("seen", "g", sizes, { flow: identity }),
  ]);
  const [flow] = await scored(flowMethod(() => ({ lattice: pixelLattice(size), data: identity })), demo, "flow");
  assertEquals([flow!.scores.ids, flow!.scores.values[0]], [["seen"], 1]);
  assertEquals(flow!.scores.notes, ["1 of 2 pairs have no point to judge"]);
  assertEquals(measure(flow!, "AEPE"), [0]);
});

const FIVE: Size = { width: 5, height: 5 };

/** Two 2 x 2 squares on 5 x 5 pixels: columns 1-2 in the source, 2-3 in the target, rows 1-2 in both. */
function squares(): Benchmark {
  const square = (left: number) => fieldMask(FIVE, (x, y) => x >= left && x < left + 2 && y >= 1 && y < 3);
  const outline = (left: number) => pointsOf([[left, 1], [left + 1, 1], [left + 1, 2], [left, 2]]);
  return benchmarkOf([densePair("p", "g", { source: FIVE, target: FIVE }, {
    masks: { source: square(1), target: square(2) },
    outlines: { source: outline(1), target: outline(2) },
  })]);
}

function fieldMask({ width, height }: Size, inside: (x: number, y: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, i) => inside(i % width, Math.floor(i / width)) ? 1 : 0);
}

/** Source -> target moves by `dx`, and back. */
function shiftMethod(dx: number): Method {
  return flowMethod((source, target) => ({
    lattice: pixelLattice(source),
    data: fieldBy(source, (x, y) => [x + (target.origin.endsWith("target") ? dx : -dx), y]),
  }));
}

Deno.test("the exact flow carries mask and outline onto the target's", async () => {
  const [warped, outlined] = await scored(shiftMethod(1), squares(), "caltech", "caltech-hpf");
  assertEquals(["LT-ACC", "IoU", "LOC-ERR"].map((name) => measure(warped!, name)), [[1], [1], [0]]);
  assertEquals(["LT-ACC", "IoU"].map((name) => measure(outlined!, name)), [[1], [1]]);
});

Deno.test("the identity leaves the mask one column short: IoU 2 of 6, 4 of 25 labels wrong, half a box off", async () => {
  const [warped, outlined] = await scored(shiftMethod(0), squares(), "caltech", "caltech-hpf");
  assertEquals(["LT-ACC", "IoU", "LOC-ERR"].map((name) => measure(warped!, name)), [[21 / 25], [2 / 6], [0.5]]);
  assertEquals(["LT-ACC", "IoU"].map((name) => measure(outlined!, name)), [[21 / 25], [2 / 6]]);
});

Deno.test("a flow that leaves the source has no LOC-ERR, and no prediction is background", async () => {
  const [away] = await scored(shiftMethod(-40), squares(), "caltech");
  assertEquals(["LT-ACC", "IoU", "LOC-ERR"].map((name) => measure(away!, name)), [[21 / 25], [0], [null]]);
  assertEquals(away!.scores.notes, ["LOC-ERR is undefined for 1 pairs and leaves them out"]);
  const nothing = flowMethod((source) => ({ lattice: pixelLattice(source), data: new Float32Array(50).fill(NaN) }));
  const [warped, outlined] = await scored(nothing, squares(), "caltech", "caltech-hpf");
  assertEquals([measure(warped!, "IoU"), measure(outlined!, "IoU")], [[0], [0]]);
  assertEquals(warped!.scores.notes[0], "25 target pixels have no prediction and count as background");
  assertEquals(outlined!.scores.notes[0], "4 outline vertices have no prediction and are left out of their outline");
});

Deno.test("caltech-hpf compares outlines at a longer side of 300", async () => {
  const size = { width: 600, height: 400 };
  const box = (left: number) => pointsOf([[left, 100], [left + 200, 100], [left + 200, 200], [left, 200]]);
  const demo = benchmarkOf([
    densePair("p", "g", { source: size, target: size }, { outlines: { source: box(200), target: box(100) } }),
  ]);
  const [outlined] = await scored(shiftMethod(0), demo, "caltech-hpf");
  // Halved, outline included: 101 x 51 pixels each, 51 x 51 of them common, on 300 x 200 pixels.
  const common = 51 * 51, either = 2 * 101 * 51 - common;
  assertAlmostEquals(measure(outlined!, "IoU")[0]!, common / either, 1e-12);
  assertAlmostEquals(measure(outlined!, "LT-ACC")[0]!, 1 - (either - common) / (300 * 200), 1e-12);
});

Deno.test("scoring refuses a stored file that is gone or changed, and truth of another size, by name", () =>
  inTempFolder(async (folder) => {
    const demo = squares();
    const protocol = await loadAnyProtocol("caltech") as DenseProtocol;
    const lines = await predictAll(shiftMethod(1), demo.pairs, folder, "reverse");
    const score = () => scoreDense(protocol, demo.pairs, lines, folder, demo);
    await score();
    const [file] = await Array.fromAsync(Deno.readDir(flowFolder(folder)));
    const path = `${flowFolder(folder)}/${file!.name}`;
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.map((byte, i) => i === bytes.length - 1 ? byte ^ 1 : byte));
    const { message } = await assertRejects(score, InputError, "its content is not what was stored");
    assertEquals(message.includes(path), true);
    await Deno.remove(path);
    await assertRejects(score, InputError, "no such file");
  }));

Deno.test("scoring refuses dense truth that is not of its picture's size", () =>
  inTempFolder(async (folder) => {
    const small = benchmarkOf([densePair("p", "g", { source: FIVE, target: FIVE }, { flow: new Float32Array(8) })]);
    const truth = { ...await small.pairs[0]!.dense!(), size: { width: 2, height: 2 } };
    const pair = { ...small.pairs[0]!, dense: () => Promise.resolve(truth) };
    const flow = await loadAnyProtocol("flow") as DenseProtocol;
    const forward = await predictAll(shiftMethod(1), [pair], folder, "forward");
    await assertRejects(
      () => scoreDense(flow, [pair], forward, folder, small),
      InputError,
      "its dense truth is 2x2 and its picture 5x5",
    );
  }));
