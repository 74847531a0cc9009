import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { daisy, type DaisyOptions } from "./daisy.ts";
import type { Plane } from "./plane.ts";

function plane(width: number, height: number, value: (x: number, y: number) => number): Plane {
  const data = Float32Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  return { width, height, data };
}

const base: DaisyOptions = { step: 3, radius: 4, rings: 2, histograms: 4, orientations: 8, normalization: "off" };

Deno.test("daisy() of a slope holds its size times exp(kappa cos(angle)) in every histogram", () => {
  const [gx, gy] = [0.004, 0.003];
  // 4 sigma of the outer ring reach 4 * 2 pixels beyond radius 4: the borders, where differences end, stay outside.
  const { rows, cols, channels, data } = daisy(plane(60, 60, (x, y) => gx * x + gy * y), base);
  const middle = (Math.floor(rows / 2) * cols + Math.floor(cols / 2)) * channels;
  for (let v = 0; v < channels; v++) {
    const centre = 2 * Math.PI * (v % 8) / 8 - Math.PI;
    const expected = Math.hypot(gx, gy) * Math.exp(8 / Math.PI * Math.cos(Math.atan2(gy, gx) - centre));
    assertAlmostEquals(data[middle + v]!, expected, 1e-5 * 0.07);
  }
});

Deno.test("daisy() has ceil((side - 2 radius) / step) descriptors from pixel radius on", () => {
  const { rows, cols, channels, origin } = daisy(plane(30, 21, (x, y) => x * y), base);
  assertEquals([rows, cols, channels], [5, 8, 72]);
  assertEquals(origin, { x: 4, y: 4 });
  assertEquals(daisy(plane(9, 9, () => 0), base).data.length, 72);
  assertThrows(() => daisy(plane(8, 9, () => 0), base), RangeError, "9x9");
});

Deno.test("daisy() samples ring 1, histogram 0 to the right of the centre and histogram 1 below it", () => {
  // An edge 3 pixels right of the middle, 1 right of histogram 1 and 1 left of histogram 5, which is smoothed twice as far.
  const { rows, cols, channels, data } = daisy(plane(41, 41, (x) => x < 24 ? 0 : 1), { ...base, step: 1 });
  const at = ((rows - 1) / 2 * cols + (cols - 1) / 2) * channels;
  const mass = (histogram: number) =>
    data.subarray(at + histogram * 8, at + histogram * 8 + 8).reduce((a, b) => a + b, 0);
  // 0 the centre; 1..4 the first ring at angles 0, 90, 180, 270 degrees from +x towards +y; 5..8 the second.
  assert(mass(1) > mass(0) && mass(0) > mass(3));
  assertAlmostEquals(mass(2), mass(4), 1e-6);
  assert(mass(5) > mass(0) && mass(5) < mass(1));
});

Deno.test("daisy() normalises to a sum, a length, or histograms of length one, also where the picture is flat", () => {
  for (const picture of [plane(20, 20, (x, y) => (x * 7 + y * x) % 13 / 13), plane(20, 20, () => 0.5)]) {
    for (const [normalization, part, power] of [["l1", 72, 1], ["l2", 72, 2], ["daisy", 8, 2]] as const) {
      const { data } = daisy(picture, { ...base, normalization });
      for (let from = 0; from < data.length; from += part) {
        assertAlmostEquals(data.subarray(from, from + part).reduce((sum, v) => sum + v ** power, 0), 1, 1e-5);
      }
    }
  }
});

Deno.test("daisy() reads sigmas as scikit-image does: the first for centre and ring 1, the last unused", () => {
  const picture = plane(30, 30, (x, y) => (x * 5 + y * 3 + x * y) % 17 / 17);
  const usual = daisy(picture, base).data; // radius (i + 1) / (2 rings): 1, 2
  assertEquals(daisy(picture, { ...base, sigmas: [1, 2, 99] }).data, usual);
  assertThrows(() => daisy(picture, { ...base, sigmas: [1, 2] }), RangeError, "need 3");
});
