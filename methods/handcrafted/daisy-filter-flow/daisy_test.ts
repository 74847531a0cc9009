import { assert, assertEquals } from "@std/assert";
import type { Image } from "../../../core/types.ts";
import { daisyDescriptors, daisyLayers, daisyPlaces, padded } from "./daisy.ts";

function picture(width: number, height: number, grey: (x: number, y: number) => number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let p = 0; p < width * height; p++) data.fill(grey(p % width, Math.floor(p / width)), 3 * p, 3 * p + 3);
  return { width, height, data, sha256: "", origin: "" };
}

Deno.test("a ramp towards +x fills the bins around direction 0, evenly on both sides", () => {
  const { layers } = daisyLayers(picture(41, 41, (x) => 5 * x), [1]);
  const at = (20 * 41 + 20) * 8, bins = [...layers[0]!.subarray(at, at + 8)];
  // Directions 0, 45 and -45 degrees see 1, cos 45 and cos 45 of the gradient; the length of the three is sqrt 2. The
  // gradient 5/255 is 0.0196, so the constant 0.01 takes off a known share.
  const length = 5 / 255 * Math.SQRT2, share = 255 * (5 / 255) / (length + 0.01);
  const near = (value: number, wanted: number) => assert(Math.abs(value - wanted) <= 2, `${value}, not ${wanted}`);
  near(bins[0]!, share);
  near(bins[1]!, share * Math.SQRT1_2);
  assertEquals(bins[1], bins[7]);
  assertEquals(bins.slice(2, 7), [0, 0, 0, 0, 0]);
});

Deno.test("flat pictures have empty histograms", () => {
  assert(daisyLayers(picture(9, 7, () => 93), [1, 0.5]).layers.every((layer) => layer.every((value) => value === 0)));
});

Deno.test("places of a quarter turn at double size: rings of 16 and 32 pixels, bins read on by two", () => {
  const { shift, places } = daisyPlaces(2, 90);
  assertEquals(shift, 2);
  assertEquals(places.length, 17);
  assertEquals(places.slice(0, 3).map((place) => place.map((value) => value + 0)), [[0, 0, 0], [0, 0, 16], [
    0,
    -11,
    11,
  ]]);
  assertEquals(places[9]!.map((value) => value + 0), [1, 0, 32]);
});

Deno.test("rotations read histograms on by the nearest multiple of 45 degrees", () => {
  assertEquals([-45, -30, -15, 0, 15, 30, 45].map((degrees) => daisyPlaces(1, degrees).shift), [7, 7, 0, 0, 0, 1, 1]);
});

Deno.test("a descriptor reads its places, and nothing beyond the picture", () => {
  const layers = daisyLayers(picture(30, 20, (x, y) => (x * y * 7) % 251), [1]);
  const all = daisyDescriptors(layers, "empty");
  const part = (
    x: number,
    y: number,
    k: number,
  ) => [...all.subarray(((y * 30 + x) * 17 + k) * 8, ((y * 30 + x) * 17 + k + 1) * 8)];
  const histogram = (
    ring: number,
    x: number,
    y: number,
  ) => [...layers.layers[ring]!.subarray((y * 30 + x) * 8, (y * 30 + x + 1) * 8)];
  assertEquals(part(5, 6, 0), histogram(0, 5, 6));
  assertEquals(part(5, 6, 1), histogram(0, 13, 6));
  assertEquals(part(5, 6, 9), histogram(1, 21, 6));
  assertEquals(part(25, 6, 1), [0, 0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("padding puts empty sites around every layer", () => {
  const layers = { width: 1, height: 1, scales: [1], layers: [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)] };
  const out = padded(layers, 1, "empty");
  assertEquals(out.length, 72);
  assertEquals([...out.subarray(32, 40)], [1, 2, 3, 4, 5, 6, 7, 8]);
  assertEquals(out.reduce((sum, value) => sum + value, 0), 36);
});
