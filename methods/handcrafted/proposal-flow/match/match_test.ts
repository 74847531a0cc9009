import { assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { boxesOf } from "../boxes.ts";
import { bestMatches } from "./best.ts";
import { localOffset } from "./lom.ts";
import { naiveAppearance } from "./nam.ts";
import { probabilisticHough } from "./phm.ts";
import type { Regions } from "./types.ts";

const size = { width: 200, height: 200 };

function regions(source: number[][], target: number[][], similarity: number[]): Regions {
  return {
    source: { size, boxes: boxesOf(source) },
    target: { size, boxes: boxesOf(target) },
    similarity: Float64Array.from(similarity),
  };
}

Deno.test("naiveAppearance() drops matches whose aspects differ by a factor of two or more, two itself included", () => {
  const square = [0, 0, 40, 40];
  const targets = [[0, 0, 79, 40], [0, 0, 80, 40], [0, 0, 40, 79], [0, 0, 40, 80], [5, 5, 25, 25]];
  const found = naiveAppearance(regions([square], targets, [3, 3, 3, 3, 3]));
  assertEquals([...found], [3, 0, 3, 0, 3]);
});

/** Smoothing leaves this share of a vote in its own cell: (1 / (1 + 2 exp(-1/t) + 2 exp(-4/t)))^3, t = 2 (2.5/2.354)^2. */
const CENTRE = (1 / (1 + 2 * Math.exp(-0.4433053) + 2 * Math.exp(-1.7732211))) ** 3;

Deno.test("probabilisticHough() gives a lone match its similarity times its own smoothed vote", () => {
  const [value] = probabilisticHough(regions([[40, 40, 80, 80]], [[60, 60, 100, 100]], [3]));
  assertAlmostEquals(value!, 3 * 3 * CENTRE, 1e-6);
});

Deno.test("probabilisticHough() adds the votes of boxes that agree, and counts a box once per cell", () => {
  const a = [40, 40, 80, 80], b = [60, 60, 100, 100];
  // Both source boxes move by (20, 20); the second target box lies in the same cell of the first one's votes.
  const found = probabilisticHough(regions([a, b], [[60, 60, 100, 100], [80, 80, 120, 120]], [3, 0, 0, 5]));
  assertAlmostEquals(found[0]!, 3 * 8 * CENTRE, 1e-6);
  assertAlmostEquals(found[3]!, 5 * 8 * CENTRE, 1e-6);
  const once = probabilisticHough(regions([a], [[60, 60, 100, 100], [60, 60, 100, 100]], [3, 2]));
  assertAlmostEquals(once[0]!, 3 * 3 * CENTRE, 1e-6);
  assertAlmostEquals(once[1]!, 2 * 3 * CENTRE, 1e-6);
});

Deno.test("probabilisticHough() gives 0 where the corner leaves twice the target or the area grows sixteenfold", () => {
  // Doubling a box at the top left carries the corner to 2 * 200 and beyond.
  assertEquals([...probabilisticHough(regions([[0, 0, 40, 40]], [[0, 0, 81, 81]], [3]))], [0]);
  assertEquals([...probabilisticHough(regions([[150, 150, 190, 190]], [[0, 0, 160, 160]], [3]))], [0]);
});

Deno.test("localOffset() leaves a lone match as it is: it agrees with itself", () => {
  for (const form of ["official", "corrected"] as const) {
    assertEquals([...localOffset(regions([[40, 40, 80, 80]], [[60, 55, 100, 95]], [3]), form)], [3]);
  }
});

Deno.test("localOffset() weighs by distance from the neighbours' offset and by their share of confidence", () => {
  // Three overlapping boxes move by (10, 0); the fourth, apart, moves elsewhere.
  const source = [[0, 0, 20, 20], [10, 0, 30, 20], [5, 5, 25, 25], [100, 100, 120, 120]];
  const target = [...source.slice(0, 3).map(([a, b, c, d]) => [a! + 10, b!, c! + 10, d!]), [100, 140, 120, 160]];
  const diagonal = [4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4];
  const found = localOffset(regions(source, target, diagonal), "corrected");
  for (const k of [0, 5, 10]) assertAlmostEquals(found[k]!, 4 * 12 / 16, 1e-12);
  assertAlmostEquals(found[15]!, 4 * 4 / 16, 1e-12);
  // A worse second candidate of the first box, 20 pixels from where its neighbours go.
  const off = localOffset(regions(source, target.with(3, [10, 20, 30, 40]), diagonal.with(3, 2)), "corrected");
  assertAlmostEquals(off[3]!, 2 * Math.exp(-0.05 * 20) * 12 / 16, 1e-12);
});

Deno.test("localOffset() corrected treats all boxes alike; the official form depends on their order", () => {
  const boxes = [[0, 0, 40, 40], [10, 10, 50, 50], [20, 5, 60, 45], [30, 30, 70, 70]];
  const similarity = Array.from({ length: 16 }, (_, k) => 1 + (k * 7919 % 13));
  const reversed = regions(
    boxes.toReversed(),
    boxes,
    similarity.map((_, k) => similarity[(3 - (k >> 2)) * 4 + k % 4]!),
  );
  const forward = regions(boxes, boxes, similarity);
  const rows = (values: Float64Array) => [0, 1, 2, 3].map((i) => [...values.slice(4 * i, 4 * i + 4)]);
  const close = (a: number[][], b: number[][]) => a.flat().every((v, k) => Math.abs(v - b.flat()[k]!) < 1e-12);
  const corrected = rows(localOffset(forward, "corrected"));
  assertEquals(close(rows(localOffset(reversed, "corrected")).toReversed(), corrected), true);
  assertNotEquals(close(rows(localOffset(reversed)).toReversed(), rows(localOffset(forward))), true);
});

Deno.test("matchers of no boxes give no confidences, and a box without matches has confidence 0", () => {
  for (const matcher of [naiveAppearance, probabilisticHough, localOffset]) {
    assertEquals(matcher(regions([], [[0, 0, 9, 9]], [])).length, 0);
    assertEquals(matcher(regions([[0, 0, 9, 9]], [], [])).length, 0);
  }
  const { best, confidence } = bestMatches(new Float64Array([0, 0, 0, 1]), 2, 2);
  assertEquals([[...best], [...confidence]], [[0, 1], [0, 1]]);
  assertEquals([...bestMatches(new Float64Array(0), 2, 0).confidence], [0, 0]);
});
