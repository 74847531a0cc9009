import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { pointsOf } from "../frame.ts";
import { InputError } from "../errors.ts";
import type { BenchmarkPair, ImageRef } from "../types.ts";
import { inputErrorOf } from "./testing/benchmark.ts";
import { PairList } from "./pairs.ts";

const FACTS = { name: "toy", split: "test", threshold: "box" } as const;

function ref(id: string, width = 100, height = 80): ImageRef {
  return { id, origin: id, size: { width, height }, load: () => Promise.reject(new Error("not needed")) };
}

function pair(id: string, changes: Partial<BenchmarkPair> = {}): BenchmarkPair {
  const box = { x1: 0, y1: 0, x2: 10, y2: 20 };
  return {
    id,
    category: "cat",
    images: { source: ref("a.png"), target: ref("b.png") },
    points: { source: pointsOf([[1, 2], [3, 4]]), target: pointsOf([[5, 6], [7, 8]]) },
    boxes: { source: box, target: box },
    ...changes,
  };
}

async function benchmark(pairs: BenchmarkPair[], incomplete = "error") {
  const list = new PairList(incomplete);
  for (const [i, item] of pairs.entries()) await list.add(`list.csv:${i + 2}`, () => item);
  return list.finish(FACTS);
}

const BAD: [string, Partial<BenchmarkPair>, string][] = [
  ["a pair id that is there twice", { id: "p1" }, 'list.csv:3: pair id "p1" is there twice'],
  [
    "fewer target points than source points",
    { points: { source: pointsOf([[1, 2], [3, 4]]), target: pointsOf([[1, 2]]) } },
    'list.csv:3: pair "p2" has 2 source points and 1 target points',
  ],
  [
    "no common point",
    { points: { source: pointsOf([]), target: pointsOf([]) } },
    'list.csv:3: pair "p2" has no common keypoint',
  ],
  [
    "a NaN",
    { points: { source: pointsOf([[1, 2]]), target: pointsOf([[NaN, 2]]) } },
    'list.csv:3: pair "p2" has a target point that is no finite number',
  ],
  [
    "a box without area",
    { boxes: { source: { x1: 0, y1: 0, x2: 9, y2: 9 }, target: { x1: 5, y1: 5, x2: 5, y2: 9 } } },
    'list.csv:3: the target box of pair "p2" has no area: 5,5 to 5,9',
  ],
  ["fewer ids than points", { keypoints: ["0"] }, 'list.csv:3: pair "p2" has 2 points and 1 keypoint ids'],
];

for (const [what, changes, message] of BAD) {
  Deno.test(`PairList refuses ${what}, or leaves it out and says so`, async () => {
    const pairs = [pair("p1"), pair("p2", changes), pair("p3")];
    const hint = " (benchmark.incomplete=skip leaves such pairs out and counts them)";
    assertEquals(await inputErrorOf(() => benchmark(pairs)), message + hint);
    const rest = await benchmark(pairs, "skip");
    assertEquals(rest.pairs.map(({ id }) => id), ["p1", "p3"]);
    assertEquals(rest.notes, [`1 of 3 pairs left out: ${message}`]);
  });
}

Deno.test("PairList notes a count other than the official one, with left-out pairs counted as listed", async () => {
  const list = new PairList("skip");
  await list.add("list.csv:2", () => pair("p1"));
  await list.add("list.csv:3", () => {
    throw new InputError("b.json: no such file");
  });
  assertEquals(list.finish({ ...FACTS, official: 2 }).notes, ["1 of 2 pairs left out: b.json: no such file"]);
  assertEquals(list.finish({ ...FACTS, official: 9 }).notes.length, 2);
});

Deno.test("PairList counts pairs with points outside their picture and keeps them", async () => {
  const outside = { points: { source: pointsOf([[99.4, 79.4]]), target: pointsOf([[100, 3]]) } };
  const inside = { points: { source: pointsOf([[-0.5, 0]]), target: pointsOf([[99, 79]]) } };
  const { pairs, notes } = await benchmark([pair("p1", outside), pair("p2", inside)]);
  assertEquals([pairs.length, notes], [2, ["1 of 2 pairs have points outside their picture"]]);
});

Deno.test("PairList says how many pairs have one picture twice: they are no evidence", async () => {
  const twice = pair("p1", { images: { source: ref("a.png"), target: ref("a.png") } });
  assertEquals((await benchmark([twice, pair("p2")])).notes, ["1 of 2 pairs have one picture as source and target"]);
});

Deno.test("PairList without a pair is an error that says why", async () => {
  assert((await inputErrorOf(() => benchmark([]))).includes("its pair list is empty"));
  const bad = pair("p1", { keypoints: [] });
  assert((await inputErrorOf(() => benchmark([bad], "skip"))).includes("2 points and 0 keypoint ids"));
});

Deno.test("PairList lets programming errors through", async () => {
  const list = new PairList("skip");
  const error = await list.add("x", () => {
    throw new TypeError("bug");
  }).catch((error: unknown) => error);
  assert(error instanceof TypeError);
});

Deno.test("the hash of a benchmark changes with everything scored against and with nothing else", async () => {
  const hash = async (pairs: BenchmarkPair[]) => (await benchmark(pairs)).sha256;
  const base = await hash([pair("p1"), pair("p2")]);
  assertEquals(await hash([pair("p2"), pair("p1")]), base);
  const origin: ImageRef = { ...ref("a.png"), origin: "/another/place/a.png" };
  assertEquals(await hash([pair("p1", { images: { source: origin, target: ref("b.png") } }), pair("p2")]), base);
  const changes: Partial<BenchmarkPair>[] = [
    { id: "p0" },
    { category: "dog" },
    { points: { source: pointsOf([[1, 2], [3, 4]]), target: pointsOf([[5, 6], [7, 8.000000000000002]]) } },
    { images: { source: ref("a.png", 101), target: ref("b.png") } },
    { images: { source: ref("c.png"), target: ref("b.png") } },
    { boxes: { source: { x1: 0, y1: 0, x2: 10, y2: 20 }, target: { x1: 0, y1: 0, x2: 10, y2: 21 } } },
    { keypoints: ["0", "1"] },
    { difficulty: { scale: 1 } },
    { unmatched: { source: ["4"], target: [] } },
  ];
  for (const change of changes) assertNotEquals(await hash([pair("p1", change), pair("p2")]), base);
});
