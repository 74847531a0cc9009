import { assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { flip, flipColumns } from "./flip.ts";

Deno.test("flip() mirrors columns, keeps rows and gets an identity of its own", async () => {
  const image = {
    width: 2,
    height: 2,
    data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    sha256: "0".repeat(64),
    origin: "a.png",
  };
  const mirrored = await flip(image);
  assertEquals([...mirrored.data], [4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9]);
  assertEquals(mirrored.origin, "a.png (mirrored)");
  assertMatch(mirrored.sha256, /^[0-9a-f]{64}$/);
  assertNotEquals(mirrored.sha256, image.sha256);
  assertEquals((await flip(mirrored)).data, image.data);
});

Deno.test("flipColumns() keeps the middle column of an odd map", () => {
  assertEquals([...flipColumns(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3, 1)], [3, 2, 1, 6, 5, 4]);
  assertThrows(() => flipColumns(new Float32Array(5), 2, 3, 1), RangeError, "needs 6");
});
