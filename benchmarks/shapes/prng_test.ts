import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Random } from "./prng.ts";

Deno.test("Random gives the first numbers of xoshiro128** from the state 1, 2, 3, 4", () => {
  // Values of the public-domain C code of the authors; the first three are easily worked out by hand.
  const random = Random.ofState(1, 2, 3, 4);
  assertEquals(Array.from({ length: 8 }, () => random.uint32()), [
    11520,
    0,
    5927040,
    70819200,
    2031721883,
    1637235492,
    1287239034,
    3734860849,
  ]);
});

Deno.test("Random repeats itself for equal seeds and differs for others", () => {
  const draw = (...seeds: number[]) => {
    const random = new Random(...seeds);
    return Array.from({ length: 8 }, () => random.uint32());
  };
  assertEquals(draw(3, 4), draw(3, 4));
  assertNotEquals(draw(3, 4), draw(4, 3));
  assertNotEquals(draw(0), draw(0, 0));
});

Deno.test("Random.range() fills its interval evenly and stays inside", () => {
  const random = new Random(1), bins = new Array<number>(10).fill(0);
  for (let i = 0; i < 20000; i++) {
    const value = random.range(-2, 3);
    assert(value >= -2 && value < 3);
    const bin = Math.floor((value + 2) * 2);
    bins[bin] = bins[bin]! + 1;
  }
  // Standard deviation of a bin is sqrt(20000 * 0.1 * 0.9) = 42; five of them.
  for (const count of bins) assert(Math.abs(count - 2000) < 212, `${bins}`);
});

Deno.test("Random.shuffle() keeps every item once", () => {
  const items = Array.from({ length: 30 }, (_, i) => i);
  const shuffled = new Random(9).shuffle(items);
  assertNotEquals(shuffled, items);
  assertEquals(shuffled.toSorted((a, b) => a - b), items);
});
