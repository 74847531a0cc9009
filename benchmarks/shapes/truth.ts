import type { DenseTruth } from "../../core/types.ts";
import { surfacePoint } from "./raster.ts";
import type { Scene } from "./scene.ts";

/**
 * Dense ground truth between two scenes of one kind: the object is the same mesh in two shapes, so the point a source
 * pixel shows, (triangle, barycentric coordinates), has an exact place in the target.
 *
 * Flow is NaN where the source pixel shows no object, or the target does not show that point: out of the frame, turned
 * away, or behind something.
 */
export function denseTruth(source: Scene, target: Scene): DenseTruth {
  const { width, height } = source.size;
  const flow = new Float32Array(width * height * 2).fill(NaN);
  const { triangle, objectTriangles } = source.mesh;
  const position = target.mesh.position, { eye, right, up, forward, focal, cx, cy } = target.camera;
  const bary = new Float64Array(3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const t = source.ids.triangle[i]!;
      if (t < 0 || t >= objectTriangles || !target.visibility.faces(t)) continue;
      surfacePoint(source.projection, triangle, t, x, y, bary);
      let dx = -eye[0], dy = -eye[1], dz = -eye[2];
      for (let k = 0; k < 3; k++) {
        const v = triangle[t * 3 + k]! * 3, b = bary[k]!;
        dx += b * position[v]!;
        dy += b * position[v + 1]!;
        dz += b * position[v + 2]!;
      }
      const w = 1 / (dx * forward[0] + dy * forward[1] + dz * forward[2]);
      const tx = inside(cx + focal * w * (dx * right[0] + dy * right[1] + dz * right[2]), target.size.width - 1);
      const ty = inside(cy - focal * w * (dx * up[0] + dy * up[1] + dz * up[2]), target.size.height - 1);
      if (!target.visibility.inFrame(tx, ty) || target.visibility.hidden(tx, ty, w)) continue;
      flow[i * 2] = tx;
      flow[i * 2 + 1] = ty;
    }
  }
  return { size: source.size, flow, masks: { source: objectMask(source), target: objectMask(target) } };
}

/** Rounding must not push a point on the picture's edge out of the frame. */
function inside(value: number, last: number): number {
  if (value < 0 && value > -EDGE) return 0;
  return value > last && value < last + EDGE ? last : value;
}

const EDGE = 1e-6;

/** [height][width]: 1 where the pixel's centre shows the object. */
export function objectMask({ ids, mesh }: Scene): Uint8Array {
  return Uint8Array.from(ids.triangle, (t) => t >= 0 && t < mesh.objectTriangles ? 1 : 0);
}
