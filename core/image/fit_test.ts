import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { divideGrid, pointsOf, toCells } from "../frame.ts";
import type { Image } from "../types.ts";
import { fit, type FitOptions } from "./fit.ts";
import { resizeHwc, resizePil } from "./resize.ts";

function picture(width: number, height: number): Image {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37 + 11) % 251);
  return { width, height, data, sha256: "", origin: "test" };
}

/** Network pixels of original points. */
function framed(result: ReturnType<typeof fit>, points: [number, number][]): number[] {
  const grid = divideGrid(result.size, result.size.height, result.size.width, "half-pixel");
  return [...toCells(pointsOf(points), { frame: result.frame, grid }).xy];
}

Deno.test("fit() none keeps pixels and size, and asks for whole patches only when told the patch", () => {
  const image = picture(30, 20);
  const same = fit(image, { mode: "none", resample: "pil-bilinear" });
  assertEquals(same.pixels, Float32Array.from(image.data));
  assertEquals(same.size, { width: 30, height: 20 });
  assertEquals(framed(same, [[0, 0], [29, 7.5]]), [0, 0, 29, 7.5]);
  const patched = fit(image, { mode: "none", resample: "pil-bilinear", multiple: 14 });
  assertEquals(patched.size, { width: 28, height: 14 });
});

Deno.test("fit() stretch moves picture edges to network edges, per axis", () => {
  const image = picture(40, 20);
  const result = fit(image, { mode: "stretch", size: 10, resample: "pil-bicubic" });
  assertEquals(result.size, { width: 10, height: 10 });
  assertEquals(result.pixels, Float32Array.from(resizePil(image, { width: 10, height: 10 }, "bicubic")));
  // Edges lie half a pixel outside the outer pixel centres.
  assertEquals(framed(result, [[-0.5, -0.5], [39.5, 19.5]]), [-0.5, -0.5, 9.5, 9.5]);
  const oblong = fit(image, { mode: "stretch", size: { width: 8, height: 6 }, resample: "torch-bilinear" });
  assertEquals(oblong.size, { width: 8, height: 6 });
  const map = { rows: 20, cols: 40, channels: 3 };
  const want = resizeHwc(Float32Array.from(image.data), map, { rows: 6, cols: 8 }, { kernel: "bilinear" });
  assertEquals(oblong.pixels, want);
});

Deno.test("fit() pad centres the picture on a black square as GeoAware-SC does", () => {
  // 50 x 37 to 84: 84 * 37 / 50 = 62.16 -> 62 rows at offset (84 - 62) / 2 = 11.
  const image = picture(50, 37);
  const result = fit(image, { mode: "pad", size: 84, resample: "pil-lanczos" });
  assertEquals(result.size, { width: 84, height: 84 });
  const inner = resizePil(image, { width: 84, height: 62 }, "lanczos");
  const row = 84 * 3;
  assertEquals(result.pixels.slice(11 * row, 73 * row), Float32Array.from(inner));
  assert(result.pixels.subarray(0, 11 * row).every((v) => v === 0));
  assert(result.pixels.subarray(73 * row).every((v) => v === 0));
  const [left, top, right, bottom] = framed(result, [[-0.5, -0.5], [49.5, 36.5]]);
  assertAlmostEquals(left!, -0.5);
  assertAlmostEquals(top!, 10.5);
  assertAlmostEquals(right!, 83.5);
  assertAlmostEquals(bottom!, 72.5);
});

Deno.test("fit() pad rounds half to even and rounds the offset down", () => {
  // 20 * 5 / 8 = 12.5 -> 12, offset 4; 20 * 7 / 8 = 17.5 -> 18, offset 1.
  const bottomEdge = (image: Image) =>
    framed(fit(image, { mode: "pad", size: 20, resample: "pil-bilinear" }), [[0, image.height - 0.5]])[1];
  assertEquals(bottomEdge(picture(8, 5)), 4 + 12 - 0.5);
  assertEquals(bottomEdge(picture(8, 7)), 1 + 18 - 0.5);
  // Odd rest: 21 - 13 = 8 is even, 21 - 18 = 3 leaves 1 above and 2 below.
  const tall = fit(picture(6, 7), { mode: "pad", size: 21, resample: "pil-bilinear" });
  assertAlmostEquals(framed(tall, [[-0.5, -0.5]])[0]!, 1 - 0.5);
});

Deno.test("fit() longest-side keeps the aspect, rounding down or to whole patches", () => {
  const image = picture(50, 37);
  const size = (options: Omit<FitOptions, "mode" | "resample">) =>
    fit(image, { mode: "longest-side", resample: "torch-bilinear-antialias", ...options }).size;
  assertEquals(size({ size: 30 }), { width: 30, height: 22 }); // 22.2
  assertEquals(size({ size: 28, multiple: 14 }), { width: 28, height: 14 }); // 20.72 is nearer to 14 than to 28
  assertEquals(size({ size: 300 }), { width: 300, height: 222 });
  assertEquals(size({ size: 300, enlarge: false }), { width: 50, height: 37 });
});

Deno.test("fit() keeps at least one pixel of an extreme aspect", () => {
  const thin = picture(400, 1);
  assertEquals(fit(thin, { mode: "longest-side", size: 20, resample: "pil-bilinear" }).size, { width: 20, height: 1 });
  assertEquals(fit(thin, { mode: "pad", size: 20, resample: "pil-bilinear" }).size, { width: 20, height: 20 });
});

Deno.test("fit() says what size would work", () => {
  const image = picture(10, 10);
  const by = (options: FitOptions) => () => fit(image, options);
  assertThrows(by({ mode: "stretch", resample: "pil-bilinear" }), InputError, "set size");
  assertThrows(by({ mode: "pad", size: null, resample: "pil-bilinear" }), InputError, "set size");
  assertThrows(by({ mode: "stretch", size: 500, multiple: 14, resample: "pil-bilinear" }), InputError, "such as 504");
  assertThrows(by({ mode: "pad", size: 1.5, resample: "pil-bilinear" }), InputError, "whole number");
});
