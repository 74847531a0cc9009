import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Random } from "./random.ts";

Deno.test("Random gives the same numbers for the same seed, and below() stays inside and even", () => {
  const a = new Random(5), b = new Random(5), c = new Random(6);
  const list = Array.from({ length: 20 }, () => a.next());
  assertEquals(list, Array.from({ length: 20 }, () => b.next()));
  assertEquals(list.some((value) => value !== c.next()), true);
  const counts = new Float64Array(7);
  for (let i = 0; i < 70_000; i++) counts[a.below(7)]!++;
  // Standard deviation of a count is sqrt(70000 * 6/49) = 93.
  counts.forEach((count) => assertAlmostEquals(count, 10_000, 5 * 93));
});
