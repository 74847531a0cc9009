import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { resampleX } from "./resize.ts";
import { clippedTaps, cubic, isIdentity, LANCZOS, LINEAR, mirroredTaps, pointTaps } from "./taps.ts";

/** One output as weights of input samples. */
function dense({ from, count, index, weight }: ReturnType<typeof clippedTaps>, i: number): number[] {
  const row = new Array<number>(from).fill(0);
  for (let k = 0; k < count; k++) {
    const j = index[i * count + k]!;
    row[j] = row[j]! + weight[i * count + k]!;
  }
  return row;
}

function assertRow(got: number[], want: number[]): void {
  assertEquals(got.length, want.length);
  want.forEach((w, i) => assertAlmostEquals(got[i]!, w, 1e-7));
}

Deno.test("mirroredTaps() halves with MATLAB's eight cubic weights", () => {
  // Distances .25, .75, 1.25, 1.75 of the stretched kernel, halved: .43359375, .11328125, -.03515625, -.01171875.
  const [a, b, c, d] = [0.43359375, 0.11328125, -0.03515625, -0.01171875] as [number, number, number, number];
  const taps = mirroredTaps(10, 5, cubic(-0.5), 0.5);
  assertRow(dense(taps, 2), [0, d, c, b, a, a, b, c, d, 0]);
  // Output 0 reaches samples -3..4; -1, -2, -3 are 0, 1, 2 seen in the mirror.
  assertRow(dense(taps, 0), [a + b, a + c, b + d, c, d, 0, 0, 0, 0, 0]);
});

Deno.test("mirroredTaps() maps coordinates by the scale asked for where the size was rounded up", () => {
  // imresize of 5 samples by 0.5 gives ceil(2.5) = 3; the last is centred at 2.5 / 0.5 - 0.5 = 4.5, between 4 and its image.
  const taps = mirroredTaps(5, 3, LINEAR, 0.5);
  // Stretched triangle: weights .75, .75 at distance .5 and .25, .25 at 1.5, over 2; samples 3, 4, 5 -> 4, 6 -> 3.
  assertRow(dense(taps, 2), [0, 0, 0, 0.25, 0.75]);
});

Deno.test("mirroredTaps() keeps mirroring where the kernel is wider than the picture", () => {
  const taps = mirroredTaps(2, 1, cubic(-0.5), 0.1);
  assertAlmostEquals(dense(taps, 0).reduce((a, b) => a + b), 1);
  assert(taps.index.every((i) => i === 0 || i === 1));
});

Deno.test("clippedTaps() and pointTaps() have weights that sum to 1 for every size", () => {
  for (const [from, to] of [[1, 1], [1, 9], [9, 1], [37, 16], [16, 37], [500, 3], [3, 500]] as const) {
    const tables = [
      clippedTaps(from, to, LINEAR),
      clippedTaps(from, to, cubic(-0.5)),
      clippedTaps(from, to, LANCZOS),
      pointTaps(from, to, "bilinear"),
      pointTaps(from, to, "bicubic"),
      pointTaps(from, to, "bicubic", { alignCorners: true }),
    ];
    for (const taps of tables) {
      for (let i = 0; i < to; i++) assertAlmostEquals(dense(taps, i).reduce((a, b) => a + b), 1, 1e-6);
    }
  }
});

Deno.test("isIdentity() holds for equal sizes and not for a given scale", () => {
  assert(isIdentity(clippedTaps(7, 7, cubic(-0.5))));
  assert(isIdentity(pointTaps(7, 7, "bilinear", { alignCorners: true })));
  assert(!isIdentity(pointTaps(7, 7, "bicubic", { step: 7 / 7.1 })));
  assert(!isIdentity(pointTaps(7, 8, "bilinear")));
});

Deno.test("unused taps do not carry a NaN of another sample into the result", () => {
  // The first output of a shrinking table needs fewer samples than the middle ones.
  const taps = clippedTaps(9, 3, LINEAR);
  const data = Float32Array.of(1, 1, 1, 1, 1, 1, 1, 1, NaN);
  const out = resampleX(data, 1, 1, taps);
  assertAlmostEquals(out[0]!, 1);
  assert(Number.isNaN(out[2]!));
});

Deno.test("taps reject sizes that are no positive integers", () => {
  assertThrows(() => clippedTaps(0, 3, LINEAR), RangeError, "at least 1");
  assertThrows(() => pointTaps(3, 1.5, "bilinear"), RangeError, "at least 1");
});
