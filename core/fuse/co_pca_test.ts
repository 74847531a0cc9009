import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { mapOf, values } from "./_maps.ts";
import { coPca } from "./co_pca.ts";

Deno.test("coPca() takes off the common mean and keeps the direction of most variation, by hand", () => {
  // Tokens (1, 1), (3, 3) and (1, 2), (3, 2); mean (2, 2). X'X = [[4, 2], [2, 2]]: values 3 +- sqrt 5.
  const { source, target } = coPca({ source: mapOf(1, 2, 2, [1, 1, 3, 3]), target: mapOf(1, 2, 2, [1, 2, 3, 2]) }, 1);
  assertEquals([source.channels, target.channels], [1, 1]);
  // Direction (2, lambda - 4) = (2, sqrt 5 - 1), scaled.
  const y = Math.sqrt(5) - 1, length = Math.hypot(2, y);
  const sign = Math.sign(source.data[1]!);
  [-(2 + y), 2 + y].forEach((want, i) => assertAlmostEquals(source.data[i]! * sign, want / length, 1e-6));
  [-2, 2].forEach((want, i) => assertAlmostEquals(target.data[i]! * sign, want / length, 1e-6));
});

for (const [rows, what] of [[1, "fewer tokens than channels"], [5, "more tokens than channels"]] as const) {
  Deno.test(`coPca() with all directions keeps every centred product: ${what}`, () => {
    const [a, b] = [mapOf(rows, 3, 8, values(24 * rows)), mapOf(rows, 3, 8, values(24 * rows, 3))];
    const { source, target } = coPca({ source: a, target: b }, 8);
    const tokens = rows * 3;
    const mean = Array.from({ length: 8 }, (_, c) => {
      let sum = 0;
      for (const { data } of [a, b]) for (let t = 0; t < tokens; t++) sum += data[t * 8 + c]!;
      return sum / (2 * tokens);
    });
    for (let i = 0; i < tokens; i++) {
      for (let j = 0; j < tokens; j++) {
        let want = 0, got = 0;
        for (let c = 0; c < 8; c++) want += (a.data[i * 8 + c]! - mean[c]!) * (b.data[j * 8 + c]! - mean[c]!);
        for (let c = 0; c < source.channels; c++) {
          got += source.data[i * source.channels + c]! * target.data[j * source.channels + c]!;
        }
        assertAlmostEquals(got, want, 1e-5);
      }
    }
  });
}

Deno.test("coPca() gives as many components as there can be, and refuses maps of different channels", () => {
  const { source } = coPca({ source: mapOf(1, 2, 9, values(18)), target: mapOf(1, 1, 9, values(9, 2)) }, 256);
  assertEquals(source.channels, 3);
  assertThrows(
    () => coPca({ source: mapOf(1, 1, 2, [1, 2]), target: mapOf(1, 1, 1, [1]) }, 1),
    RangeError,
    "2 and 1 channels",
  );
});
