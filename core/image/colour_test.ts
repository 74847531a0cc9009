import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  greyMatlab,
  greyMatlabFloat,
  greyPil,
  greySkimage,
  IMAGENET,
  normalise,
  toInterleaved,
  toPlanes,
} from "./colour.ts";

const PURE = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 10, 20, 30);

Deno.test("greyMatlab() rounds the NTSC weights: red 76, green 150, blue 29, white 255", () => {
  // .298936 * 255 = 76.23, .587043 * 255 = 149.70, .114021 * 255 = 29.08; 2.989 + 11.741 + 3.421 = 18.15.
  assertEquals([...greyMatlab(PURE)], [76, 150, 29, 255, 0, 18]);
  assertAlmostEquals(greyMatlabFloat(PURE)[5]!, 18.15085, 1e-4);
});

Deno.test("greyMatlabFloat() uses the first row of the inverse of the YIQ matrix", () => {
  const [r, g, b] = greyMatlabFloat(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1));
  // (r, g, b) * [1 .956 .621; 1 -.272 -.647; 1 -1.106 1.703] must be (1, 0, 0).
  assertAlmostEquals(r! + g! + b!, 1, 1e-6);
  assertAlmostEquals(0.956 * r! - 0.272 * g! - 1.106 * b!, 0, 1e-6);
  assertAlmostEquals(0.621 * r! - 0.647 * g! + 1.703 * b!, 0, 1e-6);
});

Deno.test("greyPil() is PIL's mode L in integers", () => {
  // (19595 * 255 + 32768) >> 16 = 76, (38470 * 255 + 32768) >> 16 = 150, (7471 * 255 + 32768) >> 16 = 29.
  assertEquals([...greyPil(PURE)], [76, 150, 29, 255, 0, 18]);
  // Not the NTSC formula under another name: on mixtures of red and blue the two differ.
  const differs = Array.from({ length: 256 }, (_, v) => [v, 0, 255 - v]).flat();
  assert(greyPil(differs).some((v, i) => v !== greyMatlab(differs)[i]));
});

Deno.test("greySkimage() weighs by ITU-R 709 into 0..1", () => {
  const grey = greySkimage(PURE);
  [0.2125, 0.7154, 0.0721, 1, 0].forEach((v, i) => assertAlmostEquals(grey[i]!, v, 1e-6));
});

Deno.test("toPlanes() and toInterleaved() rearrange channels and undo each other", () => {
  const interleaved = Float32Array.of(1, 2, 3, 4, 5, 6);
  assertEquals([...toPlanes(interleaved, 3)], [1, 4, 2, 5, 3, 6]);
  assertEquals(toInterleaved(toPlanes(interleaved, 2), 2), interleaved);
  assertThrows(() => toPlanes(interleaved, 4), RangeError);
});

Deno.test("normalise() gives (v / 255 - mean) / std in planes", () => {
  const out = normalise(Uint8Array.of(0, 128, 255, 255, 0, 51), IMAGENET);
  const want = [
    -0.485 / 0.229,
    0.515 / 0.229,
    (128 / 255 - 0.456) / 0.224,
    -0.456 / 0.224,
    0.594 / 0.225,
    -0.206 / 0.225,
  ];
  want.forEach((v, i) => assertAlmostEquals(out[i]!, v, 1e-6));
  assertThrows(() => normalise(new Uint8Array(4), IMAGENET), RangeError, "multiple of 3");
});
