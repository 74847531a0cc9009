import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { denseSift } from "./dense_sift.ts";
import type { Plane } from "./plane.ts";

function noise(width: number, height: number): Plane {
  const data = Float32Array.from({ length: width * height }, (_, i) => (i * 7919 + (i % width) * i * 13) % 256);
  return { width, height, data };
}

const base = { step: 1, window: "flat", pad: true } as const;

Deno.test("denseSift() with pad describes every pixel, and a picture of one pixel as zeros", () => {
  for (const bin of [1, 2, 3, 4, 7]) {
    for (const [width, height] of [[1, 1], [1, 9], [6, 2], [20, 17]] as const) {
      const [map] = denseSift(noise(width, height), { ...base, bins: [bin] });
      assertEquals([map!.rows, map!.cols], [height, width]);
      const shift = bin % 2 === 0 ? 0 : 0.5;
      assertEquals(map!.origin, { x: shift, y: shift });
      assert(map!.data.every((value) => value >= 0 && value <= 255));
      if (width * height === 1) assert(map!.data.every((value) => value === 0));
    }
  }
});

Deno.test("denseSift() with pad has a descriptor at every step from the first pixel", () => {
  const [map] = denseSift(noise(21, 16), { ...base, bins: [4], step: 5 });
  assertEquals([map!.rows, map!.cols], [4, 5]); // 0 5 10 15 and 0 5 10 15 20
});

Deno.test("denseSift() with pad equals denseSift() without where the whole descriptor lies inside", () => {
  const image = noise(40, 36);
  const [all] = denseSift(image, { ...base, bins: [4] });
  const [inner] = denseSift(image, { ...base, bins: [4], pad: false });
  assertEquals(inner!.origin, { x: 6, y: 6 });
  // Bins reach 9 pixels from the centre; the gradients there are central differences up to one pixel before the border.
  for (const [col, row] of [[10, 10], [20, 18], [29, 25]] as const) {
    for (let v = 0; v < 128; v++) {
      const a = all!.data[(row * all!.cols + col) * 128 + v]!;
      const b = inner!.data[((row - 6) * inner!.cols + col - 6) * 128 + v]!;
      // The running sums start elsewhere, so the last bits of sums of a few thousand differ.
      assertAlmostEquals(a, b, 0.05);
    }
  }
});

Deno.test("denseSift() centres the descriptors of all bin sizes alike where their parity is the same", () => {
  for (const pad of [false, true]) {
    const maps = denseSift(noise(50, 50), { ...base, bins: [4, 6, 10], step: 3, pad });
    for (const map of maps) assertEquals(map.origin, pad ? { x: 0, y: 0 } : { x: 15, y: 15 });
  }
});

Deno.test("denseSift() with rootsift gives the square roots of shares: their squares sum to one", () => {
  const options = { ...base, bins: [3], step: 4 } as const;
  const [plain] = denseSift(noise(24, 24), options);
  const [rooted] = denseSift(noise(24, 24), { ...options, rootsift: true });
  for (let cell = 0; cell < 36; cell++) {
    const values = plain!.data.slice(cell * 128, cell * 128 + 128);
    const sum = values.reduce((a, b) => a + b, 0);
    values.forEach((value, v) => assertAlmostEquals(rooted!.data[cell * 128 + v]! ** 2, value / sum, 1e-6));
  }
});

Deno.test("denseSift() with magnif smooths more for larger bins: a checkerboard fades", () => {
  const data = Float32Array.from(
    { length: 60 * 60 },
    (_, i) => ((i % 60) >> 1) + (Math.floor(i / 60) >> 1) & 1 ? 200 : 0,
  );
  const norm = (magnif: number | null, bin: number) =>
    denseSift({ width: 60, height: 60, data }, { ...base, bins: [bin], magnif, pad: false, norms: true })[0]!
      .norms![0]!;
  assert(norm(2, 6) < 0.2 * norm(null, 6));
  assert(norm(2, 6) < norm(6, 6));
});

Deno.test("denseSift() without pad throws for pictures below the largest bin's extent", () => {
  assertThrows(() => denseSift(noise(18, 40), { ...base, bins: [4, 6], pad: false }), RangeError, "19x19");
});
