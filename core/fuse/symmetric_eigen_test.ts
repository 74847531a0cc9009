import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { topEigen } from "./symmetric_eigen.ts";

/** Checks A v = lambda v, orthonormal vectors and falling values, to `tolerance` of the largest entry. */
function check(matrix: Float64Array, n: number, k: number, tolerance = 1e-10): Float64Array {
  const { values, vectors } = topEigen(matrix.slice(), n, k);
  const scale = Math.max(1e-300, ...matrix.map(Math.abs));
  for (let v = 0; v < k; v++) {
    if (v > 0) assert(values[v]! <= values[v - 1]! + 1e-12 * scale);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += matrix[i * n + j]! * vectors[v * n + j]!;
      assertAlmostEquals(sum / scale, values[v]! * vectors[v * n + i]! / scale, tolerance);
    }
    for (let w = 0; w <= v; w++) {
      let dot = 0;
      for (let j = 0; j < n; j++) dot += vectors[v * n + j]! * vectors[w * n + j]!;
      assertAlmostEquals(dot, v === w ? 1 : 0, 1e-12);
    }
  }
  return values;
}

Deno.test("topEigen() of [[2, 1], [1, 2]] is 3 with (1, 1) and 1 with (1, -1)", () => {
  const { values, vectors } = topEigen(Float64Array.of(2, 1, 1, 2), 2, 2);
  assertAlmostEquals(values[0]!, 3, 1e-14);
  assertAlmostEquals(values[1]!, 1, 1e-14);
  assertAlmostEquals(vectors[0]!, vectors[1]!, 1e-14);
  assertAlmostEquals(vectors[2]!, -vectors[3]!, 1e-14);
});

Deno.test("topEigen() of the second difference of n cells has the values 2 - 2 cos(k pi / (n + 1))", () => {
  const n = 30;
  const matrix = Float64Array.from({ length: n * n }, (_, i) => {
    const away = Math.abs(i % n - Math.floor(i / n));
    return away === 0 ? 2 : away === 1 ? -1 : 0;
  });
  const values = check(matrix, n, n);
  values.forEach((value, i) => assertAlmostEquals(value, 2 - 2 * Math.cos((n - i) * Math.PI / (n + 1)), 1e-13));
});

Deno.test("topEigen() keeps eigenvectors of repeated eigenvalues at right angles", () => {
  const identity = Float64Array.from({ length: 49 }, (_, i) => i % 8 === 0 ? 5 : 0);
  assertEquals([...check(identity, 7, 7)].map((value) => Math.round(value * 1e9) / 1e9), Array(7).fill(5));
  check(new Float64Array(25), 5, 4);
  // All ones: 6 once, 0 five times.
  assertAlmostEquals(check(new Float64Array(36).fill(1), 6, 6)[0]!, 6, 1e-12);
});

Deno.test("topEigen() holds for any symmetric matrix, of full rank or not, and is the same twice", () => {
  const entry = fc.integer({ min: -700, max: 700 }).map((value) => value / 7);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(entry),
      (n, rank, s) => {
        const factors = Float64Array.from({ length: n * rank }, () => s.next().value!);
        const matrix = Float64Array.from({ length: n * n }, (_, i) => {
          let sum = 0;
          for (let r = 0; r < rank; r++) {
            sum += (r % 2 === 0 ? 1 : -1) * factors[r * n + i % n]! * factors[r * n + Math.floor(i / n)]!;
          }
          return sum;
        });
        const k = Math.max(1, n - 1);
        check(matrix, n, k, 1e-9);
        assertEquals(topEigen(matrix.slice(), n, k), topEigen(matrix.slice(), n, k));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("topEigen() refuses more vectors than there are", () => {
  assertThrows(() => topEigen(new Float64Array(4), 2, 3), RangeError, "Cannot find 3 eigenvectors");
  assertThrows(() => topEigen(new Float64Array(5), 2, 1), RangeError, "2 x 2");
});
