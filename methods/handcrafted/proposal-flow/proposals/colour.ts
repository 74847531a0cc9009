import { gaussianSmooth } from "../../../../core/descriptor/plane.ts";
import type { Image } from "../../../../core/types.ts";

/** Colour spaces of the segmentation. All channels are scaled to about 0..255. */
export type ColourSpace = "lab" | "hsv";

/** Three smoothed channels of a picture in a colour space. */
export function channelsOf(image: Image, space: ColourSpace, sigma: number): Float32Array[] {
  const { width, height, data } = image;
  const planes = [0, 1, 2].map(() => new Float32Array(width * height));
  const convert = space === "lab" ? lab : hsv;
  for (let p = 0; p < width * height; p++) {
    const values = convert(data[3 * p]! / 255, data[3 * p + 1]! / 255, data[3 * p + 2]! / 255);
    for (let c = 0; c < 3; c++) planes[c]![p] = values[c]!;
  }
  return planes.map((data) => gaussianSmooth({ width, height, data }, sigma).data);
}

/** CIE L*a*b* of an sRGB colour under D65: L from 0..100 to 0..255, a and b shifted by 128. */
function lab(r: number, g: number, b: number): [number, number, number] {
  const linear = (v: number) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const f = (t: number) => t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116;
  const [lr, lg, lb] = [linear(r), linear(g), linear(b)];
  const x = f((0.4124 * lr + 0.3576 * lg + 0.1805 * lb) / 0.9505);
  const y = f(0.2126 * lr + 0.7152 * lg + 0.0722 * lb);
  const z = f((0.0193 * lr + 0.1192 * lg + 0.9505 * lb) / 1.089);
  return [2.55 * (116 * y - 16), 128 + 500 * (x - y), 128 + 200 * (y - z)];
}

/** Hue, saturation, value, each 0..255; grey has hue 0. */
function hsv(r: number, g: number, b: number): [number, number, number] {
  const value = Math.max(r, g, b), range = value - Math.min(r, g, b);
  if (range === 0) return [0, 0, 255 * value];
  const sector = value === r ? ((g - b) / range + 6) % 6 : value === g ? (b - r) / range + 2 : (r - g) / range + 4;
  return [255 * sector / 6, 255 * range / value, 255 * value];
}
