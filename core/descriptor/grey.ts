import type { Image } from "../types.ts";
import type { Plane } from "./plane.ts";

const R = 0.298936, G = 0.587043, B = 0.114021;

/**
 * Luma as Octave's and MATLAB's `rgb2gray` give it: 0.298936 R + 0.587043 G + 0.114021 B.
 *
 * @param form `uint8`: of an 8-bit picture, rounded to whole numbers 0..255. `single`: of a single-precision picture
 * divided by 255, fractions 0..1 in single-precision arithmetic.
 */
export function greyPlane(
  { width, height, data }: Pick<Image, "width" | "height" | "data">,
  form: "uint8" | "single" = "uint8",
): Plane {
  const grey = new Float32Array(width * height);
  if (form === "uint8") {
    for (let i = 0, p = 0; i < grey.length; i++, p += 3) {
      grey[i] = Math.floor(R * data[p]! + G * data[p + 1]! + B * data[p + 2]! + 0.5);
    }
  } else {
    const table = (weight: number) =>
      Float32Array.from({ length: 256 }, (_, v) => Math.fround(weight) * Math.fround(v / 255));
    const [r, g, b] = [table(R), table(G), table(B)];
    for (let i = 0, p = 0; i < grey.length; i++, p += 3) {
      grey[i] = Math.fround(r![data[p]!]! + g![data[p + 1]!]!) + b![data[p + 2]!]!;
    }
  }
  return { width, height, data: grey };
}
