import type { Size } from "../../core/types.ts";
import type { Projection } from "./camera.ts";

/** What a picture shows at each sample. */
export interface IdBuffer extends Size {
  /** [height][width]: index of the nearest triangle, -1 where there is none. */
  readonly triangle: Int32Array;
  /** [height][width]: 1 / depth of it; 0 where there is none. */
  readonly w: Float64Array;
}

/** Twice the signed area on the picture; negative for triangles that face the camera (y points down). */
export function facing(p: Projection, a: number, b: number, c: number): number {
  return (p.x[b]! - p.x[a]!) * (p.y[c]! - p.y[a]!) - (p.x[c]! - p.x[a]!) * (p.y[b]! - p.y[a]!);
}

/**
 * Draws the triangles that face the camera into a z-buffer, sampled at `samples` x `samples` positions per pixel
 * (1: at pixel centres). The buffer's size is `size` times `samples`.
 *
 * @param triangle [triangles][3] vertex indices
 * @param only draws triangles below this index; all when left out
 */
export function rasterise(p: Projection, triangle: Int32Array, size: Size, samples = 1, only?: number): IdBuffer {
  const width = size.width * samples, height = size.height * samples;
  const ids = new Int32Array(width * height).fill(-1), depth = new Float64Array(width * height);
  const end = Math.min(only ?? Infinity, triangle.length / 3);
  const shift = 0.5 * samples - 0.5;
  for (let t = 0; t < end; t++) {
    const a = triangle[t * 3]!, b = triangle[t * 3 + 1]!, c = triangle[t * 3 + 2]!;
    const wa = p.w[a]!, wb = p.w[b]!, wc = p.w[c]!;
    // Behind the camera: scenes are built in front of it, a stray clutter triangle is dropped whole.
    if (wa <= 0 || wb <= 0 || wc <= 0) continue;
    const ax = p.x[a]! * samples + shift, ay = p.y[a]! * samples + shift;
    const bx = p.x[b]! * samples + shift, by = p.y[b]! * samples + shift;
    const cx = p.x[c]! * samples + shift, cy = p.y[c]! * samples + shift;
    const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    if (!(area < 0)) continue;
    const x0 = Math.max(0, Math.ceil(Math.min(ax, bx, cx))), x1 = Math.min(width - 1, Math.floor(Math.max(ax, bx, cx)));
    const y0 = Math.max(0, Math.ceil(Math.min(ay, by, cy)));
    const y1 = Math.min(height - 1, Math.floor(Math.max(ay, by, cy)));
    if (x0 > x1 || y0 > y1) continue;
    const inverse = 1 / area;
    // Barycentric coordinates are linear on screen: value at (0, 0) and slopes.
    const bDx = (cy - ay) * inverse, bDy = -(cx - ax) * inverse, b0 = -ax * bDx - ay * bDy;
    const cDx = -(by - ay) * inverse, cDy = (bx - ax) * inverse, c0 = -ax * cDx - ay * cDy;
    for (let y = y0; y <= y1; y++) {
      const bRow = b0 + y * bDy, cRow = c0 + y * cDy;
      for (let x = x0, i = y * width + x0; x <= x1; x++, i++) {
        const kb = bRow + x * bDx, kc = cRow + x * cDx, ka = 1 - kb - kc;
        if (ka < 0 || kb < 0 || kc < 0) continue;
        const w = ka * wa + kb * wb + kc * wc;
        if (w > depth[i]!) {
          depth[i] = w;
          ids[i] = t;
        }
      }
    }
  }
  return { width, height, triangle: ids, w: depth };
}

/**
 * Perspective-correct barycentric coordinates of triangle `t` at picture position (x, y), into `out`.
 * They name the same surface point whatever the camera.
 */
export function surfacePoint(
  p: Projection,
  triangle: Int32Array,
  t: number,
  x: number,
  y: number,
  out: Float64Array,
): void {
  const a = triangle[t * 3]!, b = triangle[t * 3 + 1]!, c = triangle[t * 3 + 2]!;
  const ax = p.x[a]!, ay = p.y[a]!;
  const bx = p.x[b]! - ax, by = p.y[b]! - ay, cx = p.x[c]! - ax, cy = p.y[c]! - ay;
  const inverse = 1 / (bx * cy - cx * by);
  const kb = ((x - ax) * cy - (y - ay) * cx) * inverse, kc = ((y - ay) * bx - (x - ax) * by) * inverse;
  const wa = (1 - kb - kc) * p.w[a]!, wb = kb * p.w[b]!, wc = kc * p.w[c]!;
  const total = 1 / (wa + wb + wc);
  out[0] = wa * total;
  out[1] = wb * total;
  out[2] = wc * total;
}
