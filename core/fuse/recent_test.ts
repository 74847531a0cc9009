import { assertEquals, assertStrictEquals } from "@std/assert";
import { mapOf } from "./_maps.ts";
import { recent } from "./recent.ts";

Deno.test("recent() makes once per picture, forgets the picture unused for longest, and tells sets of maps apart", () => {
  let made = 0;
  const sums = recent((maps) => ({ n: ++made, first: maps[0] }), 2);
  const [a, b, c] = [1, 2, 3].map((value) => mapOf(1, 1, 1, [value]));
  const first = sums([a!]);
  sums([b!]);
  assertStrictEquals(sums([a!]), first);
  assertEquals(made, 2);
  // A third picture: b was unused for longest.
  sums([c!]);
  assertStrictEquals(sums([a!]), first);
  sums([b!]);
  assertEquals(made, 4);
  assertEquals([sums([b!, c!]).n, sums([c!, b!]).n, sums([b!, c!]).n], [5, 6, 5]);
});
