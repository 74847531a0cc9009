import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { dsift } from "./dsift.ts";
import type { Plane } from "./plane.ts";

function plane(width: number, height: number, value: (x: number, y: number) => number): Plane {
  const data = Float32Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  return { width, height, data };
}

/** A picture without structure that two runs agree on. */
const noise = (width: number, height: number) =>
  plane(width, height, (x, y) => (x * 7919 + y * 104729 + x * y * 31) % 256);

/** SIFT straight from its definition, in double precision with exact angles: [128] for the descriptor at (x, y). */
function byDefinition(image: Plane, left: number, top: number, bin: number, window: "flat" | "gaussian"): number[] {
  const at = (x: number, y: number) =>
    image.data[Math.min(Math.max(y, 0), image.height - 1) * image.width + Math.min(Math.max(x, 0), image.width - 1)]!;
  const sums = new Array<number>(128).fill(0);
  const sigma = 2 * bin;
  for (let by = 0; by < 4; by++) {
    for (let bx = 0; bx < 4; bx++) {
      const [cx, cy] = [left + bx * bin, top + by * bin];
      let mean = 0;
      for (let v = -bin + 1; v < bin; v++) {
        for (let u = -bin + 1; u < bin; u++) {
          const [x, y] = [cx + u, cy + v];
          const weight = Math.exp(-0.5 * ((x - left - 1.5 * bin) ** 2 + (y - top - 1.5 * bin) ** 2) / sigma ** 2);
          mean += weight / (2 * bin - 1) ** 2;
          const [dx, dy] = [(at(x + 1, y) - at(x - 1, y)) / 2, (at(x, y + 1) - at(x, y - 1)) / 2];
          const turn = (Math.atan2(dy, dx) / (2 * Math.PI) * 8 + 8) % 8;
          const share = Math.hypot(dx, dy) * (1 - Math.abs(u) / bin) * (1 - Math.abs(v) / bin) *
            (window === "gaussian" ? weight : 1);
          const k = (by * 4 + bx) * 8;
          sums[k + Math.floor(turn) % 8]! += share * (1 - turn % 1);
          sums[k + (Math.floor(turn) + 1) % 8]! += share * (turn % 1);
        }
      }
      if (window === "flat") { for (let t = 0; t < 8; t++) sums[(by * 4 + bx) * 8 + t]! *= mean; }
    }
  }
  const unit = (values: number[]) => values.map((value) => value / Math.hypot(...values));
  return unit(unit(sums).map((value) => Math.min(value, 0.2))).map((value) => Math.min(512 * value, 255));
}

for (const window of ["flat", "gaussian"] as const) {
  Deno.test(`dsift() with a ${window} window agrees with the sum over pixels that defines SIFT`, () => {
    const image = noise(31, 27);
    // Every pixel in reach has a central difference: the definition above knows no others.
    const bin = 3;
    const { rows, cols, data } = dsift(image, { step: 5, bin, window, start: { x: 3, y: 3 } });
    assertEquals([rows, cols], [3, 4]);
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        const expected = byDefinition(image, 3 + col * 5, 3 + row * 5, bin, window);
        // VLFeat's angle is off by up to 0.0062 rad: 0.8 % of a value, at most 255, goes to the next orientation.
        expected.forEach((value, v) => assertAlmostEquals(data[(row * cols + col) * 128 + v]!, value, 2.1));
      }
    }
  });
}

for (
  const [name, slope, orientation] of [
    ["+x", (x: number) => 3 * x, 0],
    ["+y", (_x: number, y: number) => 3 * y, 2],
    ["-x", (x: number) => 300 - 3 * x, 4],
    ["-y", (_x: number, y: number) => 300 - 3 * y, 6],
  ] as const
) {
  Deno.test(`dsift() puts a slope towards ${name} into orientation ${orientation} of every bin`, () => {
    // A window so wide that it weighs all bins alike: 16 values of 1/4, cut to 1/5, of length one again 1/4; times 512.
    const { data } = dsift(plane(40, 40, slope), { step: 4, bin: 4, window: "flat", windowSize: 1e4 });
    const centre = data.subarray(24 * 128, 25 * 128); // row 3, column 3 of 7 x 7
    centre.forEach((value, v) => assertAlmostEquals(value, v % 8 === orientation ? 128 : 0, 0.02));
  });
}

Deno.test("dsift() orders bins by rows: gradients at the top right fill the bins of row 0, column 3 and around", () => {
  const image = plane(13, 13, (x, y) => x >= 12 && y <= 1 ? 100 : 0);
  const { data } = dsift(image, { step: 1, bin: 4, window: "flat" });
  const mass = Array.from({ length: 16 }, (_, bin) => data.subarray(bin * 8, bin * 8 + 8).reduce((a, b) => a + b, 0));
  assertEquals(mass.indexOf(Math.max(...mass)), 3);
  // Kernels reach 3 pixels beyond a bin's centre, so the edge at column 11 touches the bins of columns 2 and rows 1 too.
  mass.forEach((value, bin) => assertEquals(value > 0, bin % 4 >= 2 && bin < 8));
});

Deno.test("dsift() gives zeros, not NaN, where the picture is flat", () => {
  for (const window of ["flat", "gaussian"] as const) {
    const { data, norms } = dsift(plane(20, 20, () => 77), { step: 3, bin: 4, window, norms: true });
    assert(data.every((value) => value === 0));
    assert(norms!.every((value) => value === 0));
  }
});

Deno.test("dsift() fits one descriptor into 3 bins and a pixel, and none into less", () => {
  const { rows, cols, origin } = dsift(noise(13, 13), { step: 1, bin: 4, window: "flat" });
  assertEquals([rows, cols, origin.x, origin.y], [1, 1, 6, 6]);
  assertThrows(() => dsift(noise(12, 13), { step: 1, bin: 4, window: "flat" }), RangeError, "13x13");
  assertThrows(() => dsift(noise(13, 13), { step: 0, bin: 4, window: "flat" }), RangeError, "step 0");
});

Deno.test("dsift() in whole numbers is its float output cut or rounded", () => {
  const options = { step: 2, bin: 3, window: "flat" } as const;
  const { data } = dsift(noise(25, 19), options);
  assertEquals(dsift(noise(25, 19), { ...options, output: "truncate" }).data, data.map(Math.floor));
  assertEquals(dsift(noise(25, 19), { ...options, output: "round" }).data, data.map((v) => Math.floor(v + 0.5)));
});

Deno.test("dsift() with contrast zeroes exactly the descriptors whose norm is below it", () => {
  const image = plane(60, 20, (x, y) => x < 30 ? 0 : (x * 31 + y * 17) % 97);
  const options = { step: 2, bin: 3, window: "flat", norms: true } as const;
  const { data, norms } = dsift(image, options);
  const contrast = [...norms!].sort((a, b) => a - b)[Math.floor(norms!.length / 2)]!;
  const cut = dsift(image, { ...options, contrast }).data;
  norms!.forEach((norm, cell) => {
    const expected = norm < contrast ? new Float32Array(128) : data.slice(cell * 128, cell * 128 + 128);
    assertEquals(cut.slice(cell * 128, cell * 128 + 128), expected);
  });
});
