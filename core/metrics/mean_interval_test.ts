import { assert, assertEquals } from "@std/assert";
import { meanInterval } from "./mean_interval.ts";
import { onePointScores } from "./_testing.ts";
import { bootstrap } from "./bootstrap.ts";

Deno.test("meanInterval() has no width for equal values and is absent for one", () => {
  assertEquals(meanInterval([3, 3, 3]), { low: 3, high: 3 });
  assertEquals(meanInterval([3]), null);
});

Deno.test("meanInterval() of hits is the interval of PCK per image", () => {
  const hits = Array.from({ length: 40 }, (_, i) => i < 30 ? 1 : 0);
  assertEquals(meanInterval(hits), bootstrap(onePointScores(40, 30)).intervals![0]);
});

Deno.test("meanInterval() narrows as values grow in number, and holds the mean of a symmetric sample", () => {
  const sample = (n: number) => Array.from({ length: n }, (_, i) => i % 2);
  const few = meanInterval(sample(20))!, many = meanInterval(sample(500))!;
  assert(many.high - many.low < (few.high - few.low) / 2);
  assert(few.low < 0.5 && few.high > 0.5 && many.low < 0.5 && many.high > 0.5);
});
