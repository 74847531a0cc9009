import { assertEquals } from "@std/assert";
import { seededOrder } from "./seeded_order.ts";

const name = (item: string) => item;

Deno.test("seededOrder() sorts by the sha256 of seed and name", () => {
  // sorted("abcdef", key=lambda n: hashlib.sha256(f"{seed}/{n}".encode()).hexdigest()) in Python.
  assertEquals(seededOrder("s", "abcdef", name), ["d", "f", "a", "c", "e", "b"]);
  assertEquals(seededOrder("t", "abcdef", name), ["e", "d", "c", "f", "a", "b"]);
});

Deno.test("seededOrder() does not depend on the order given, nor on which other items there are", () => {
  assertEquals(seededOrder("s", "fedcba", name), ["d", "f", "a", "c", "e", "b"]);
  assertEquals(seededOrder("s", "bcdf", name), ["d", "f", "c", "b"]);
});
