import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { classes, kernel4d, kernel6d, parameterCount, scaleGroups, WINDOW } from "./kernel.ts";

/** Index of the weight at offsets (si, sj, ti, tj) from the centre. */
const at = (...offsets: number[]) => offsets.reduce((index, offset) => index * 5 + offset + 2, 0);

Deno.test("kernels have the published numbers of parameters, biases included", () => {
  // psi 277, iso 62, full 6252: six and four dimensions and a bias each.
  const tied = (kind: "psi" | "iso") => (scaleGroups(kind).length + 1) * parameterCount(kind) + 2;
  assertEquals([parameterCount("psi"), parameterCount("iso")], [55, 15]);
  assertEquals([tied("psi"), tied("iso"), 9 * WINDOW + WINDOW + 2], [277, 62, 6252]);
});

Deno.test("classes() ties what sees the same geometry, and nothing else", () => {
  const { of, sizes } = classes("psi");
  assertEquals(sizes.reduce((a, b) => a + b), WINDOW);
  // Lengths (5, 1) and distance 2 between them, mirrored, turned, source and target swapped.
  const same = [at(1, 2, 1, 0), at(2, 1, 0, 1), at(-1, -2, -1, 0), at(1, 0, 1, 2)].map((index) => of[index]);
  assertEquals(new Set(same).size, 1);
  // The same distance with other lengths.
  assertEquals(of[at(0, 0, 0, 2)] === of[at(1, 2, 1, 0)], false);
  assertEquals(classes("iso").of[at(0, 0, 0, 2)], classes("iso").of[at(1, 2, 1, 0)]);
  // The centre is alone in psi; every weight without relative motion is its like in iso: 25 of them.
  assertEquals(sizes[of[at(0, 0, 0, 0)]!], 1);
  assertEquals(classes("iso").sizes[classes("iso").of[at(0, 0, 0, 0)]!], 25);
});

Deno.test("kernel4d() shares a parameter in equal parts", () => {
  const parameters = Float32Array.from({ length: 55 }, (_, i) => i - 20), kernel = kernel4d("psi", parameters);
  const sums = new Float64Array(55);
  classes("psi").of.forEach((number, i) => sums[number]! += kernel[i]!);
  for (const [i, sum] of sums.entries()) assertAlmostEquals(sum, i - 20, 1e-4);
});

Deno.test("kernel6d() gives each group of scale offsets its own window, shared in equal parts", () => {
  const groups = [1, 2, 4, 8].map((value) => new Float32Array(55).fill(value));
  const kernel = kernel6d("psi", groups), centre = at(0, 0, 0, 0);
  const seen = Array.from({ length: 9 }, (_, offset) => kernel[offset * WINDOW + centre]);
  // The centre's class has one weight, so only the groups' sizes 1, 2, 2, 4 divide.
  assertEquals(seen, [1, 2, 2, 2, 1, 2, 2, 2, 1]);
});

Deno.test("kernels of another length are refused", () => {
  assertThrows(() => kernel4d("iso", new Float32Array(55)), RangeError, "15");
  assertThrows(() => kernel6d("psi", []), RangeError, "4");
  assertThrows(() => kernel6d("full", [new Float32Array(4)]), RangeError, "5625");
});
