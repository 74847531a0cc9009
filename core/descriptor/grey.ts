import type { Image } from "../types.ts";
import type { Plane } from "./plane.ts";

/**
 * Luma as Octave's and MATLAB's `rgb2gray` give it for 8-bit pictures: 0.298936 R + 0.587043 G + 0.114021 B, rounded to
 * whole numbers 0..255.
 */
export function greyPlane({ width, height, data }: Pick<Image, "width" | "height" | "data">): Plane {
  const grey = new Float32Array(width * height);
  for (let i = 0, p = 0; i < grey.length; i++, p += 3) {
    grey[i] = Math.floor(0.298936 * data[p]! + 0.587043 * data[p + 1]! + 0.114021 * data[p + 2]! + 0.5);
  }
  return { width, height, data: grey };
}
