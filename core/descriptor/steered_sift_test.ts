import { assert, assertEquals } from "@std/assert";
import { denseSift } from "./dense_sift.ts";
import type { Plane } from "./plane.ts";
import { SteeredSift } from "./steered_sift.ts";

function plane(width: number, height: number, value: (x: number, y: number) => number): Plane {
  const data = Float32Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  return { width, height, data };
}

const texture = (x: number, y: number) =>
  128 + 60 * Math.sin(x / 3.3 + Math.sin(y / 7.1) * 2) + 60 * Math.sin(y / 4.9 + Math.sin(x / 9.7) * 3);

const distance = (a: Float32Array, b: Float32Array) => Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0));

Deno.test("SteeredSift unturned equals dense SIFT up to rounding, at the border too", () => {
  const image = plane(40, 30, texture);
  for (const bin of [2, 4, 6]) {
    const [dense] = denseSift(image, { bins: [bin], step: 1, window: "flat", pad: true });
    const steered = new SteeredSift(image, [bin], [0]);
    const own = new Float32Array(128);
    for (const [x, y] of [[0, 0], [39, 29], [20, 15], [3, 27]] as const) {
      steered.write(0, 0, x, y, own, 0);
      const from = (y * 40 + x) * 128;
      assert(distance(own, dense!.data.slice(from, from + 128)) < 2, `bin ${bin} at ${x}, ${y}`);
    }
  }
});

Deno.test("SteeredSift of a picture turned by a quarter equals that of the picture", () => {
  const side = 41, image = plane(side, side, texture);
  // (x, y) of the picture lies at (side - 1 - y, x) of the turned one: from +x towards +y by 90 degrees.
  const turned = plane(side, side, (x, y) => texture(y, side - 1 - x));
  const a = new Float32Array(128), b = new Float32Array(128);
  new SteeredSift(image, [4], [0]).write(0, 0, 15, 22, a, 0);
  new SteeredSift(turned, [4], [90]).write(0, 0, side - 1 - 22, 15, b, 0);
  // The fast arctangent is off by 0.006 rad at most, otherwise in other quadrants.
  assert(distance(a, b) < 12, `${distance(a, b)}`);
});

Deno.test("SteeredSift follows a picture that is turned by 30 degrees and enlarged by 1.5", () => {
  const side = 81, image = plane(side, side, texture), c = 40;
  const cos = Math.cos(Math.PI / 6), sin = Math.sin(Math.PI / 6);
  const changed = plane(side, side, (x, y) => {
    const u = (x - c) / 1.5, v = (y - c) / 1.5;
    return texture(c + u * cos + v * sin, c - u * sin + v * cos);
  });
  const own = new Float32Array(128), right = new Float32Array(128), plain = new Float32Array(128);
  new SteeredSift(image, [4], [0]).write(0, 0, c, c, own, 0);
  const other = new SteeredSift(changed, [4, 6], [0, 30]);
  other.write(1, 1, c, c, right, 0);
  other.write(0, 0, c, c, plain, 0);
  assert(distance(own, right) < 0.4 * distance(own, plain), `${distance(own, right)} ${distance(own, plain)}`);
});

Deno.test("SteeredSift of a flat picture is zero", () => {
  const out = new Float32Array(128).fill(7);
  new SteeredSift(plane(5, 4, () => 90), [4], [15]).write(0, 0, 2, 2, out, 0);
  assertEquals(out, new Float32Array(128));
});
