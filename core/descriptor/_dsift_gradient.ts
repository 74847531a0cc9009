import { fastAtan2, fastSqrt } from "./_vl_math.ts";
import type { Plane } from "./plane.ts";

const TWO_PI = Math.fround(2 * Math.PI);

/**
 * Gradient magnitude shared between the two nearest of 8 orientations: [height][width][8], orientations as VLFeat holds
 * them for a transposed picture (angle from +y towards +x). Central differences, one-sided at the border.
 */
export function orientationPlanes({ width, height, data }: Plane): Float32Array {
  const planes = new Float32Array(width * height * 8);
  for (let y = 0; y < height; y++) {
    const above = y === 0 ? 0 : width;
    const below = y === height - 1 ? 0 : width;
    const scaleY = above && below ? 0.5 : 1;
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      const before = x === 0 ? 0 : 1;
      const after = x === width - 1 ? 0 : 1;
      const dx = (before && after ? 0.5 : 1) * Math.fround(data[p + after]! - data[p - before]!);
      const dy = scaleY * Math.fround(data[p + below]! - data[p - above]!);
      const magnitude = fastSqrt(Math.fround(Math.fround(dx * dx) + Math.fround(dy * dy)));
      let angle = fastAtan2(dx, dy);
      if (angle > TWO_PI) angle = Math.fround(angle - TWO_PI);
      if (angle < 0) angle = Math.fround(angle + TWO_PI);
      const position = Math.fround(angle * (8 / (2 * Math.PI)));
      const lower = Math.floor(position);
      const share = Math.fround(position - lower);
      planes[p * 8 + (lower & 7)] = Math.fround(1 - share) * magnitude;
      planes[p * 8 + ((lower + 1) & 7)] = share * magnitude;
    }
  }
  return planes;
}
