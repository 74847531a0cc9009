import { rayThrough } from "./camera.ts";
import { Background } from "./background.ts";
import { shade } from "./light.ts";
import { cornerNormals } from "./normals.ts";
import { rasterise, surfacePoint } from "./raster.ts";
import type { Scene } from "./scene.ts";
import { Shadow } from "./shadow.ts";
import { paintAt } from "./texture.ts";

/**
 * Renders a scene. Geometry is sampled `samples` x `samples` times per pixel; a part of one material is shaded once per
 * pixel, a painted part once per sample.
 *
 * @returns [height][width][3], 0..255
 */
export function render(scene: Scene, samples: number): Uint8Array {
  const { mesh, projection, size, camera, light } = scene;
  const { triangle, patchOf, patches, position, uv } = mesh;
  const ids = rasterise(projection, triangle, size, samples);
  const normals = cornerNormals(mesh);
  const shadow = new Shadow(mesh, light.sun);
  const background = new Background(scene.backdrop, camera, scene.centre, light, shadow);
  const out = new Uint8Array(size.width * size.height * 3);
  const bary = new Float64Array(3), colour = new Float64Array(3), normal = new Float64Array(3);
  const view = new Float64Array(3), sum = new Float64Array(3);

  const surface = (t: number, x: number, y: number) => {
    surfacePoint(projection, triangle, t, x, y, bary);
    let px = 0, py = 0, pz = 0, u = 0, v = 0, nx = 0, ny = 0, nz = 0;
    for (let k = 0; k < 3; k++) {
      const i = triangle[t * 3 + k]!, b = bary[k]!, n = t * 9 + k * 3;
      px += b * position[i * 3]!;
      py += b * position[i * 3 + 1]!;
      pz += b * position[i * 3 + 2]!;
      u += b * uv[i * 2]!;
      v += b * uv[i * 2 + 1]!;
      nx += b * normals[n]!;
      ny += b * normals[n + 1]!;
      nz += b * normals[n + 2]!;
    }
    const inverse = 1 / Math.sqrt(nx * nx + ny * ny + nz * nz + 1e-12);
    normal[0] = nx * inverse;
    normal[1] = ny * inverse;
    normal[2] = nz * inverse;
    const vx = camera.eye[0] - px, vy = camera.eye[1] - py, vz = camera.eye[2] - pz;
    const reach = 1 / Math.sqrt(vx * vx + vy * vy + vz * vz);
    view[0] = vx * reach;
    view[1] = vy * reach;
    view[2] = vz * reach;
    const slot = patches[patchOf[t]!]!.slot;
    const m = scene.materials[typeof slot === "number" ? slot : slot(u, v)]!;
    paintAt(m, px, py, pz, colour);
    shade(colour, light, normal, view, m.gloss, shadow.light(px, py, pz));
  };

  const step = 1 / samples, first = 0.5 * step - 0.5;
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      sum.fill(0);
      let last = -2;
      for (let s = 0; s < samples * samples; s++) {
        const sx = s % samples, sy = (s - sx) / samples;
        const t = ids.triangle[(y * samples + sy) * ids.width + x * samples + sx]!;
        const patch = t < 0 ? -1 : patchOf[t]!;
        if (patch !== last || t >= 0 && typeof patches[patch]!.slot !== "number") {
          const px = x + first + sx * step, py = y + first + sy * step;
          if (t < 0) background.paint(rayThrough(camera, x, y), colour);
          else surface(t, px, py);
          for (let i = 0; i < 3; i++) colour[i] = Math.min(Math.max(colour[i]!, 0), 1);
          last = patch;
        }
        sum[0] = sum[0]! + colour[0]!;
        sum[1] = sum[1]! + colour[1]!;
        sum[2] = sum[2]! + colour[2]!;
      }
      const o = (y * size.width + x) * 3, share = step * step;
      // Display values are square roots of light: near enough to sRGB, and exact on every engine.
      for (let i = 0; i < 3; i++) out[o + i] = Math.round(255 * Math.sqrt(sum[i]! * share));
    }
  }
  return out;
}
