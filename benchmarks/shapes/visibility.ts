import type { Size } from "../../core/types.ts";
import type { Projection } from "./camera.ts";
import type { Mesh } from "./mesh.ts";
import { facing } from "./raster.ts";

const TILE = 16;

/** Tolerance of a surface point and of a keypoint, as shares of the object's half-diagonal. */
const SURFACE = 0.012, LANDMARK = 0.03;

/**
 * Tells whether surface points are seen, exactly: it asks which triangles cover a sub-pixel position and how near they
 * are, instead of reading a z-buffer at the nearest pixel. One answer for keypoints and for dense flow.
 */
export class Visibility {
  readonly #mesh: Mesh;
  readonly #p: Projection;
  readonly #size: Size;
  readonly #radius: number;
  readonly #cols: number;
  readonly #tiles: number[][];

  /** @param radius half-diagonal of the object, the unit of tolerances */
  constructor(mesh: Mesh, projection: Projection, size: Size, radius: number) {
    this.#mesh = mesh;
    this.#p = projection;
    this.#size = size;
    this.#radius = radius;
    this.#cols = Math.ceil(size.width / TILE);
    const rows = Math.ceil(size.height / TILE);
    this.#tiles = Array.from({ length: this.#cols * rows }, () => []);
    const { x, y, w } = projection, { triangle } = mesh;
    for (let t = 0; t * 3 < triangle.length; t++) {
      const a = triangle[t * 3]!, b = triangle[t * 3 + 1]!, c = triangle[t * 3 + 2]!;
      if (w[a]! <= 0 || w[b]! <= 0 || w[c]! <= 0 || !(facing(projection, a, b, c) < 0)) continue;
      const col0 = tile(Math.min(x[a]!, x[b]!, x[c]!), this.#cols);
      const col1 = tile(Math.max(x[a]!, x[b]!, x[c]!), this.#cols);
      const row0 = tile(Math.min(y[a]!, y[b]!, y[c]!), rows), row1 = tile(Math.max(y[a]!, y[b]!, y[c]!), rows);
      for (let row = row0; row <= row1; row++) {
        for (let col = col0; col <= col1; col++) this.#tiles[row * this.#cols + col]!.push(t);
      }
    }
  }

  /** Whether (x, y) lies on the picture: between the centres of its outer pixels. */
  inFrame(x: number, y: number): boolean {
    return x >= 0 && y >= 0 && x <= this.#size.width - 1 && y <= this.#size.height - 1;
  }

  /** Whether the object's triangle `t` faces the camera. */
  faces(t: number): boolean {
    const { triangle } = this.#mesh;
    return facing(this.#p, triangle[t * 3]!, triangle[t * 3 + 1]!, triangle[t * 3 + 2]!) < 0;
  }

  /**
   * Whether anything hides a surface point of the object at (x, y) with the given 1 / depth.
   *
   * @param tolerance share of the radius: the object does not hide its own points from this near, since neighbouring
   *   parts are sunk a little into each other. Clutter and occluders have no tolerance.
   */
  hidden(x: number, y: number, w: number, tolerance = SURFACE): boolean {
    const { triangle, objectTriangles } = this.#mesh, p = this.#p;
    const tolerant = 1 / (1 / w - tolerance * this.#radius);
    const row = Math.floor(Math.max(y, 0) / TILE), col = Math.floor(Math.max(x, 0) / TILE);
    for (const t of this.#tiles[row * this.#cols + col] ?? []) {
      const a = triangle[t * 3]!, b = triangle[t * 3 + 1]!, c = triangle[t * 3 + 2]!;
      const ax = p.x[a]!, ay = p.y[a]!;
      const bx = p.x[b]! - ax, by = p.y[b]! - ay, cx = p.x[c]! - ax, cy = p.y[c]! - ay;
      const inverse = 1 / (bx * cy - cx * by);
      const kb = ((x - ax) * cy - (y - ay) * cx) * inverse;
      if (kb < 0) continue;
      const kc = ((y - ay) * bx - (x - ax) * by) * inverse;
      if (kc < 0 || kb + kc > 1) continue;
      const front = (1 - kb - kc) * p.w[a]! + kb * p.w[b]! + kc * p.w[c]!;
      if (front > (t < objectTriangles ? tolerant : w)) return true;
    }
    return false;
  }

  /**
   * Whether a keypoint is seen: in the frame and not hidden. The end of a thin part counts from all sides, as an
   * annotator would mark it; so the tolerance is wider than that of the surface.
   */
  seesKeypoint(vertex: number): boolean {
    const x = this.#p.x[vertex]!, y = this.#p.y[vertex]!;
    return this.inFrame(x, y) && !this.hidden(x, y, this.#p.w[vertex]!, LANDMARK);
  }
}

function tile(value: number, count: number): number {
  return Math.min(Math.max(Math.floor(value / TILE), 0), count - 1);
}
