import { assertAlmostEquals, assertEquals, assertNotEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { BOX, pairOf, protocolOf } from "./_testing.ts";
import { bootstrap, pairedDifference } from "./bootstrap.ts";
import { scorePairs } from "./pck.ts";

/** `n` pairs of one point; the first `hits` are right. */
function scores(n: number, hits: number, changes: Record<string, unknown> = {}, first = 0) {
  const pairs = Array.from(
    { length: n },
    (_, i) => pairOf(`p${i + first}`, [[10, 5]], [[i < hits ? 10 : 90, 5]], { category: i % 2 ? "cat" : "dog" }),
  );
  return scorePairs(pairs, protocolOf(changes), BOX);
}

Deno.test("bootstrap() of a share meets the binomial interval", () => {
  // p = 0.3, n = 400: standard error sqrt(0.21 / 400) = 0.02291; the percentile interval is p -+ 1.96 of it.
  const { intervals } = bootstrap(scores(400, 120), { resamples: 4000 });
  assertAlmostEquals(intervals![0]!.low, 0.3 - 1.96 * 0.02291, 0.006);
  assertAlmostEquals(intervals![0]!.high, 0.3 + 1.96 * 0.02291, 0.006);
});

Deno.test("bootstrap() resamples pairs, not points: repeated points of a pair add no certainty", () => {
  const single = scores(100, 50, { average: "point" });
  const pairs = Array.from({ length: 100 }, (_, i) => {
    const xy = i < 50 ? 10 : 90;
    return pairOf(
      `p${i}`,
      Array.from({ length: 9 }, () => [10, 5] as const),
      Array.from({ length: 9 }, () => [xy, 5] as const),
    );
  });
  const repeated = scorePairs(pairs, protocolOf({ average: "point" }), BOX);
  const wide = bootstrap(single).intervals![0]!;
  const same = bootstrap(repeated).intervals![0]!;
  assertAlmostEquals(same.high - same.low, wide.high - wide.low, 1e-12);
});

Deno.test("bootstrap() over categories resamples inside each: no spread where each category is all right or all wrong", () => {
  const pairs = Array.from({ length: 20 }, (_, i) => {
    const cat = i < 10;
    return pairOf(`p${i}`, [[10, 5]], [[cat ? 10 : 90, 5]], { category: cat ? "cat" : "dog" });
  });
  const macro = scorePairs(pairs, protocolOf({ average: "category-image" }), BOX);
  assertEquals(bootstrap(macro).intervals, [{ low: 0.5, high: 0.5 }]);
  const pooled = bootstrap(scorePairs(pairs, protocolOf(), BOX)).intervals![0]!;
  assertEquals(pooled.low < 0.4 && pooled.high > 0.6, true);
});

Deno.test("bootstrap() gives the same interval for the same seed and another for another", () => {
  const one = scores(50, 20);
  assertEquals(bootstrap(one, { seed: 7 }), bootstrap(one, { seed: 7 }));
  assertNotEquals(bootstrap(one, { seed: 7 }).intervals, bootstrap(scores(50, 21), { seed: 7 }).intervals);
  assertNotEquals(
    bootstrap(scores(997, 400), { seed: 1, resamples: 101 }).intervals,
    bootstrap(scores(997, 400), { seed: 2, resamples: 101 }).intervals,
  );
});

Deno.test("bootstrap() of one pair, or of one pair per category, gives no interval and says why", () => {
  const one = bootstrap(scores(1, 1));
  assertEquals(one.intervals, null);
  assertStringIncludes(one.reason!, "one pair");
  const two = bootstrap(scores(2, 1, { average: "category-image" }));
  assertEquals(two.intervals, null);
  assertStringIncludes(two.reason!, "every category");
});

Deno.test("bootstrap() refuses settings that cannot give an interval", () => {
  assertThrows(() => bootstrap(scores(5, 1), { resamples: 10 }), RangeError);
  assertThrows(() => bootstrap(scores(5, 1), { level: 1 }), RangeError);
});

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
