import { assertEquals } from "@std/assert";
import { tokensOf } from "./hypercolumn.ts";
import { bumpMap, emptyPicture, referenceOps } from "./testing.ts";

Deno.test("tokensOf() gives each pair of cells one cosine per level, negative ones as 0", async () => {
  using ops = await referenceOps();
  const picture = emptyPicture(8, "picture");
  const map = (data: number[]) => ({
    ...bumpMap(picture, { side: 1, channels: 4 }),
    data: Float32Array.from(data),
  });
  // 0 + 1 of lengths sqrt(2) each; -1; and 3 * 4 + 4 * 3 of lengths 5.
  const source = [map([1, 0, 1, 0]), map([1, 0, 0, 0]), map([3, 4, 0, 0])];
  const target = [map([0, 1, 1, 0]), map([-1, 0, 0, 0]), map([4, 3, 0, 0])];
  const found = await tokensOf(ops, { source, target }, 1);
  assertEquals([...found].map((value) => Math.round(value * 1e6) / 1e6), [0.5, 0, 0.96]);
});
