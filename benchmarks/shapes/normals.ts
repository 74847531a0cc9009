import type { Mesh, Patch } from "./mesh.ts";

/** Faces that meet at less than 35 degrees share a smooth normal; sharper edges stay edges. */
const CREASE = 0.82;

/** @returns [triangles][3 corners][3]: unit normals, outwards. */
export function cornerNormals(mesh: Mesh): Float32Array {
  const { position, triangle, patches } = mesh;
  const count = triangle.length / 3;
  const face = new Float32Array(count * 3), area = new Float32Array(count);
  for (let t = 0; t < count; t++) {
    const a = triangle[t * 3]! * 3, b = triangle[t * 3 + 1]! * 3, c = triangle[t * 3 + 2]! * 3;
    const ux = position[b]! - position[a]!, uy = position[b + 1]! - position[a + 1]!;
    const uz = position[b + 2]! - position[a + 2]!;
    const vx = position[c]! - position[a]!, vy = position[c + 1]! - position[a + 1]!;
    const vz = position[c + 2]! - position[a + 2]!;
    const nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx;
    const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
    area[t] = length;
    const inverse = length > 0 ? 1 / length : 0;
    face[t * 3] = nx * inverse;
    face[t * 3 + 1] = ny * inverse;
    face[t * 3 + 2] = nz * inverse;
  }
  const out = new Float32Array(count * 9);
  for (const patch of patches) smoothPatch(patch, triangle, face, area, out);
  return out;
}

function smoothPatch(patch: Patch, triangle: Int32Array, face: Float32Array, area: Float32Array, out: Float32Array) {
  const across = patch.cols - 1;
  const first = patch.firstTriangle, end = first + (patch.rows - 1) * across * 2;
  for (let t = first; t < end; t++) {
    const fx = face[t * 3]!, fy = face[t * 3 + 1]!, fz = face[t * 3 + 2]!;
    for (let corner = 0; corner < 3; corner++) {
      const local = triangle[t * 3 + corner]! - patch.firstVertex;
      const row = Math.floor(local / patch.cols), col = local % patch.cols;
      let nx = 0, ny = 0, nz = 0;
      for (let k = 0; k < 4; k++) {
        const quadRow = row - (k >> 1);
        if (quadRow < 0 || quadRow >= patch.rows - 1) continue;
        const quadCol = (col - (k & 1) + across) % across;
        const q = first + (quadRow * across + quadCol) * 2;
        for (let n = q; n < q + 2; n++) {
          const gx = face[n * 3]!, gy = face[n * 3 + 1]!, gz = face[n * 3 + 2]!;
          if (fx * gx + fy * gy + fz * gz < CREASE) continue;
          nx += gx * area[n]!;
          ny += gy * area[n]!;
          nz += gz * area[n]!;
        }
      }
      const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
      const inverse = length > 0 ? 1 / length : 0;
      const o = t * 9 + corner * 3;
      out[o] = nx * inverse;
      out[o + 1] = ny * inverse;
      out[o + 2] = nz * inverse;
    }
  }
}
