import { assertAlmostEquals, assertEquals, assertNotEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BOX, onePointScores as scores, pairOf, protocolOf } from "./_testing.ts";
import { bootstrap } from "./bootstrap.ts";
import { scorePairs } from "./pck.ts";

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
