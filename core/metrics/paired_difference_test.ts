import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { onePointScores as scores } from "./_testing.ts";
import { bootstrap } from "./bootstrap.ts";
import { pairedDifference } from "./paired_difference.ts";

Deno.test("pairedDifference() of a method with itself is zero with a p-like share of one", () => {
  const one = scores(40, 13);
  const paired = pairedDifference(one, one);
  assertEquals([paired.difference, paired.intervals, paired.signInstability], [[0], [{ low: 0, high: 0 }], [1]]);
});

Deno.test("pairedDifference() looks at common pairs only, in whatever order", () => {
  // First: p0..p39, 30 hits. Second: p20..p59, its first 10 are hits: of the common p20..p39, 10 and 10.
  const first = scores(40, 30);
  const second = scores(40, 10, {}, 20);
  const paired = pairedDifference(first, second);
  assertEquals([paired.common, paired.onlyFirst, paired.onlySecond], [20, 20, 20]);
  assertEquals([paired.first, paired.second, paired.difference], [[0.5], [0.5], [0]]);
});

Deno.test("pairedDifference() is narrower than the spread of either where both fail on the same pairs", () => {
  const better = scores(100, 60);
  const worse = scores(100, 55);
  const paired = pairedDifference(better, worse);
  assertAlmostEquals(paired.difference[0]!, 0.05, 1e-12);
  const own = bootstrap(better).intervals![0]!;
  const width = paired.intervals![0]!.high - paired.intervals![0]!.low;
  assertEquals(width < (own.high - own.low) / 2, true);
  // Five of a hundred pairs differ, all one way: the share of resamples without any of them is 0.95^100 = 0.0059.
  assertAlmostEquals(paired.signInstability![0]!, 2 * 0.0059, 0.008);
});

Deno.test("pairedDifference() refuses different protocols, benchmarks, alphas, points and disjoint runs", () => {
  const one = scores(10, 5);
  assertThrows(() => pairedDifference(one, { ...one, protocol: "other" }), InputError, "other");
  assertThrows(() => pairedDifference(one, { ...one, benchmark: "cub" }), InputError, "cub");
  assertThrows(() => pairedDifference(one, { ...one, alphas: [0.2] }), InputError, "0.2");
  assertThrows(() => pairedDifference(one, { ...one, counts: one.counts.map((n) => n + 1) }), InputError, 'pair "p0"');
  assertThrows(() => pairedDifference(one, scores(10, 5, {}, 100)), InputError, "no pair in common");
});
