import type { Camera, Projection } from "./camera.ts";
import type { Mesh } from "./mesh.ts";
import { rasterise } from "./raster.ts";
import { cross, dot, type Vec } from "./vec.ts";

const SIDE = 256;

/** How much sunlight reaches a point past the meshes of a scene: a depth map seen from the sun. */
export class Shadow {
  readonly #right: Vec;
  readonly #up: Vec;
  readonly #sun: Vec;
  readonly #x0: number;
  readonly #y0: number;
  readonly #perUnit: number;
  readonly #bias: number;
  /** [SIDE][SIDE]: height towards the sun of the nearest surface, offset to be positive; 0 where there is none. */
  readonly #map: Float64Array;
  readonly #offset: number;

  /** @param sun unit vector towards the sun */
  constructor(mesh: Mesh, sun: Vec) {
    this.#sun = sun;
    const right = cross(sun, Math.abs(sun[1]) > 0.9 ? [1, 0, 0] : [0, 1, 0]);
    const length = Math.sqrt(dot(right, right));
    this.#right = [right[0] / length, right[1] / length, right[2] / length];
    this.#up = cross(this.#right, sun);
    const n = mesh.position.length / 3;
    const x = new Float64Array(n), y = new Float64Array(n), w = new Float64Array(n);
    let low = Infinity;
    // The map covers the object and some ground around it; a tall post must not coarsen everything's shadow.
    const object = new Range2(), all = new Range2();
    for (let i = 0; i < n; i++) {
      const p: Vec = [mesh.position[i * 3]!, mesh.position[i * 3 + 1]!, mesh.position[i * 3 + 2]!];
      x[i] = dot(p, this.#right);
      y[i] = dot(p, this.#up);
      w[i] = dot(p, sun);
      all.include(x[i]!, y[i]!);
      if (i < mesh.objectVertices) object.include(x[i]!, y[i]!);
      low = Math.min(low, w[i]!);
    }
    const margin = 0.6 * Math.max(object.x1 - object.x0, object.y1 - object.y0);
    const x0 = Math.max(all.x0, object.x0 - margin), x1 = Math.min(all.x1, object.x1 + margin);
    const y0 = Math.max(all.y0, object.y0 - margin), y1 = Math.min(all.y1, object.y1 + margin);
    this.#x0 = x0;
    this.#y0 = y0;
    this.#perUnit = (SIDE - 1) / Math.max(x1 - x0, y1 - y0, 1e-6);
    this.#bias = 2.5 / this.#perUnit;
    this.#offset = 1 - low;
    for (let i = 0; i < n; i++) {
      x[i] = (x[i]! - x0) * this.#perUnit;
      // Rows run against `up`, as on a picture: that keeps the winding that the rasteriser expects.
      y[i] = SIDE - 1 - (y[i]! - y0) * this.#perUnit;
      w[i] = w[i]! + this.#offset;
    }
    const projection: Projection = { x, y, w };
    this.#map = rasterise(projection, mesh.triangle, { width: SIDE, height: SIDE }).w;
  }

  /** Sunlight at a point: 1 in the open, 0 in full shadow, between at soft edges. */
  light(px: number, py: number, pz: number): number {
    const r = this.#right, u = this.#up, s = this.#sun;
    const x = (px * r[0] + py * r[1] + pz * r[2] - this.#x0) * this.#perUnit;
    const y = SIDE - 1 - (px * u[0] + py * u[1] + pz * u[2] - this.#y0) * this.#perUnit;
    const height = px * s[0] + py * s[1] + pz * s[2] + this.#offset + this.#bias;
    let blocked = 0;
    const col = Math.floor(x - 0.5), row = Math.floor(y - 0.5);
    for (let j = 0; j < 3; j++) {
      for (let i = 0; i < 3; i++) {
        const cx = col + i, cy = row + j;
        if (cx < 0 || cy < 0 || cx >= SIDE || cy >= SIDE) continue;
        if (this.#map[cy * SIDE + cx]! > height) blocked++;
      }
    }
    return 1 - blocked / 9;
  }
}

class Range2 {
  x0 = Infinity;
  x1 = -Infinity;
  y0 = Infinity;
  y1 = -Infinity;

  include(x: number, y: number): void {
    this.x0 = Math.min(this.x0, x);
    this.x1 = Math.max(this.x1, x);
    this.y0 = Math.min(this.y0, y);
    this.y1 = Math.max(this.y1, y);
  }
}

/** Where the sun stands: behind the camera, `side` to its right and `height` up, so that the seen side is lit. */
export function sunFrom(camera: Camera, side: number, height: number): Vec {
  const f = camera.forward, r = camera.right;
  const x = -f[0] + r[0] * side, z = -f[2] + r[2] * side;
  const length = Math.sqrt(x * x + z * z + height * height);
  return [x / length, height / length, z / length];
}
