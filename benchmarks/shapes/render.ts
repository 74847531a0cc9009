import { Background } from "./background.ts";
import { rayThrough } from "./camera.ts";
import { shade } from "./light.ts";
import { cornerNormals } from "./normals.ts";
import { rasterise, surfacePoint } from "./raster.ts";
import type { Scene } from "./scene.ts";
import { Shadow } from "./shadow.ts";
import { paintAt } from "./texture.ts";
import { sub, type Vec } from "./vec.ts";

/**
 * Renders a scene. Geometry and painted edges are sampled `samples` x `samples` times per pixel; each material of a part
 * is shaded once per pixel it shows in.
 *
 * @returns [height][width][3], 0..255
 */
export function render(scene: Scene, samples: number): Uint8Array {
  const { mesh, projection, size, light } = scene;
  const ids = rasterise(projection, mesh.triangle, size, samples);
  const shadow = new Shadow(mesh, light.sun);
  const surface = new Surface(scene, shadow);
  const background = new Background(scene.backdrop, scene.camera, scene.centre, light, shadow);
  const out = new Uint8Array(size.width * size.height * 3);
  const colour = new Float64Array(3);
  // Rays are linear in x and y.
  const corner = rayThrough(scene.camera, 0, 0);
  const right = sub(rayThrough(scene.camera, 1, 0), corner), down = sub(rayThrough(scene.camera, 0, 1), corner);
  const ray: [number, number, number] = [0, 0, 0];
  const step = 1 / samples, first = 0.5 * step - 0.5, share = step * step;
  for (let y = 0, o = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++, o += 3) {
      let r = 0, g = 0, b = 0, last = -2;
      for (let s = 0; s < samples * samples; s++) {
        const sx = s % samples, sy = (s - sx) / samples;
        const t = ids.triangle[(y * samples + sy) * ids.width + x * samples + sx]!;
        const key = t < 0 ? -1 : surface.at(t, x + first + sx * step, y + first + sy * step);
        if (key !== last) {
          last = key;
          if (t >= 0) surface.shade(t, colour);
          else {
            for (let i = 0; i < 3; i++) ray[i] = corner[i]! + x * right[i]! + y * down[i]!;
            background.paint(ray, colour);
          }
          for (let i = 0; i < 3; i++) colour[i] = Math.min(Math.max(colour[i]!, 0), 1);
        }
        r += colour[0]!;
        g += colour[1]!;
        b += colour[2]!;
      }
      // Display values are square roots of light: near enough to sRGB, and exact on every engine.
      out[o] = Math.round(255 * Math.sqrt(r * share));
      out[o + 1] = Math.round(255 * Math.sqrt(g * share));
      out[o + 2] = Math.round(255 * Math.sqrt(b * share));
    }
  }
  return out;
}

/** Looks up and shades points of a scene's triangles. */
class Surface {
  readonly #scene: Scene;
  readonly #shadow: Shadow;
  readonly #normals: Float32Array;
  readonly #eye: Vec;
  readonly #bary = new Float64Array(3);
  readonly #normal = new Float64Array(3);
  readonly #view = new Float64Array(3);
  #slot = 0;

  constructor(scene: Scene, shadow: Shadow) {
    this.#scene = scene;
    this.#shadow = shadow;
    this.#normals = cornerNormals(scene.mesh);
    this.#eye = scene.camera.eye;
  }

  /** Goes to a picture position on triangle `t`. Equal answers mean the same part and material. */
  at(t: number, x: number, y: number): number {
    const { projection, mesh } = this.#scene, bary = this.#bary;
    surfacePoint(projection, mesh.triangle, t, x, y, bary);
    const patch = mesh.patchOf[t]!, slot = mesh.patches[patch]!.slot;
    if (typeof slot === "number") this.#slot = slot;
    else {
      const { uv, triangle } = mesh;
      const i = triangle[t * 3]! * 2, j = triangle[t * 3 + 1]! * 2, k = triangle[t * 3 + 2]! * 2;
      const a = bary[0]!, b = bary[1]!, c = bary[2]!;
      this.#slot = slot(a * uv[i]! + b * uv[j]! + c * uv[k]!, a * uv[i + 1]! + b * uv[j + 1]! + c * uv[k + 1]!);
    }
    return patch * 256 + this.#slot;
  }

  /** Light from the point last gone to, linear, into `out`. */
  shade(t: number, out: Float64Array): void {
    const { mesh: { triangle, position }, materials, light } = this.#scene, normals = this.#normals;
    let px = 0, py = 0, pz = 0, nx = 0, ny = 0, nz = 0;
    for (let k = 0; k < 3; k++) {
      const i = triangle[t * 3 + k]! * 3, b = this.#bary[k]!, n = t * 9 + k * 3;
      px += b * position[i]!;
      py += b * position[i + 1]!;
      pz += b * position[i + 2]!;
      nx += b * normals[n]!;
      ny += b * normals[n + 1]!;
      nz += b * normals[n + 2]!;
    }
    setUnit(this.#normal, nx, ny, nz);
    setUnit(this.#view, this.#eye[0] - px, this.#eye[1] - py, this.#eye[2] - pz);
    const material = materials[this.#slot]!;
    paintAt(material, px, py, pz, out);
    shade(out, light, this.#normal, this.#view, material.gloss, this.#shadow.light(px, py, pz));
  }
}

function setUnit(out: Float64Array, x: number, y: number, z: number): void {
  const inverse = 1 / Math.sqrt(x * x + y * y + z * z + 1e-12);
  out[0] = x * inverse;
  out[1] = y * inverse;
  out[2] = z * inverse;
}
