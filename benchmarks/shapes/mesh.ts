import { settle, type Vec } from "./vec.ts";

/** Chooses the material slot of a surface point; `u` runs along the patch, `v` around it, both in [0, 1]. */
export type Paint = (u: number, v: number) => number;

/** A regular grid of vertices: `rows` rings of `cols` vertices; the last column repeats the first. */
export interface Patch {
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
  readonly firstVertex: number;
  readonly firstTriangle: number;
  /** Material slot, or a rule that paints several. */
  readonly slot: number | Paint;
}

/**
 * Triangles of a scene. The object's own come first and have the same topology in every instance of a kind, so that
 * (triangle, barycentric coordinates) names the same surface point on all of them: the ground truth of dense matching.
 */
export interface Mesh {
  /** [vertices][3], world units. */
  readonly position: Float64Array;
  /** [vertices][2]: u, v of the patch. */
  readonly uv: Float64Array;
  /** [triangles][3] vertex indices, counter-clockwise seen from outside. */
  readonly triangle: Int32Array;
  /** [triangles]: index into `patches`. */
  readonly patchOf: Int32Array;
  readonly patches: readonly Patch[];
  /** Triangles below this index belong to the object; the others to clutter and occluders. */
  readonly objectTriangles: number;
  /** Vertices below this index belong to the object. */
  readonly objectVertices: number;
}

/** Collects patches and named vertices. */
export class MeshBuilder {
  readonly #position: number[] = [];
  readonly #uv: number[] = [];
  readonly #triangle: number[] = [];
  readonly #patchOf: number[] = [];
  readonly #patches: Patch[] = [];
  readonly #marks = new Map<string, number>();
  #objectTriangles = -1;
  #objectVertices = -1;

  /** Adds a grid of points, `rows[i][j]`, closed around (a repeated first column is appended). */
  patch(name: string, slot: number | Paint, rows: readonly (readonly Vec[])[]): void {
    const cols = rows[0]!.length + 1;
    const firstVertex = this.#position.length / 3, firstTriangle = this.#triangle.length / 3;
    for (const [i, row] of rows.entries()) {
      for (let j = 0; j < cols; j++) {
        const p = row[j % (cols - 1)]!;
        this.#position.push(settle(p[0]), settle(p[1]), settle(p[2]));
        this.#uv.push(i / (rows.length - 1), j / (cols - 1));
      }
    }
    const flip = this.#signedVolume(firstVertex, rows.length, cols) < 0;
    for (let i = 0; i + 1 < rows.length; i++) {
      for (let j = 0; j + 1 < cols; j++) {
        const a = firstVertex + i * cols + j, b = a + 1, c = a + cols, d = c + 1;
        if (flip) this.#triangle.push(a, c, b, b, c, d);
        else this.#triangle.push(a, b, c, b, d, c);
        this.#patchOf.push(this.#patches.length, this.#patches.length);
      }
    }
    this.#patches.push({ name, rows: rows.length, cols, firstVertex, firstTriangle, slot });
  }

  /** Names the vertex of a patch nearest to (u, v). Throws RangeError when the patch is unknown or the name taken. */
  mark(keypoint: string, patch: string, u: number, v: number): void {
    const p = this.#patches.find(({ name }) => name === patch);
    if (p === undefined) throw new RangeError(`Cannot mark "${keypoint}": no patch "${patch}"`);
    if (this.#marks.has(keypoint)) throw new RangeError(`Cannot mark "${keypoint}" twice`);
    const row = Math.round(u * (p.rows - 1)), col = Math.round(v * (p.cols - 1)) % (p.cols - 1);
    this.#marks.set(keypoint, p.firstVertex + row * p.cols + col);
  }

  /** What follows is clutter and occluders. */
  endObject(): void {
    this.#objectTriangles = this.#patchOf.length;
    this.#objectVertices = this.#position.length / 3;
  }

  /** Vertex index of every keypoint, by name, in the order marked. */
  get marks(): ReadonlyMap<string, number> {
    return this.#marks;
  }

  /** Lowest and highest corner of all vertices so far. */
  bounds(): { readonly low: Vec; readonly high: Vec } {
    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    for (const [i, value] of this.#position.entries()) {
      low[i % 3] = Math.min(low[i % 3]!, value);
      high[i % 3] = Math.max(high[i % 3]!, value);
    }
    return { low: low as unknown as Vec, high: high as unknown as Vec };
  }

  build(): Mesh {
    if (this.#objectTriangles < 0) this.endObject();
    return {
      position: Float64Array.from(this.#position),
      uv: Float64Array.from(this.#uv),
      triangle: Int32Array.from(this.#triangle),
      patchOf: Int32Array.from(this.#patchOf),
      patches: this.#patches,
      objectTriangles: this.#objectTriangles,
      objectVertices: this.#objectVertices,
    };
  }

  /** Six times the volume inside a closed grid wound a-b-c; its sign tells whether that winding faces outwards. */
  #signedVolume(first: number, rows: number, cols: number): number {
    const p = this.#position;
    const triple = (a: number, b: number, c: number) => {
      const ax = p[a * 3]!, ay = p[a * 3 + 1]!, az = p[a * 3 + 2]!;
      const bx = p[b * 3]!, by = p[b * 3 + 1]!, bz = p[b * 3 + 2]!;
      const cx = p[c * 3]!, cy = p[c * 3 + 1]!, cz = p[c * 3 + 2]!;
      return ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx);
    };
    let sum = 0;
    for (let i = 0; i + 1 < rows; i++) {
      for (let j = 0; j + 1 < cols; j++) {
        const a = first + i * cols + j, b = a + 1, c = a + cols, d = c + 1;
        sum += triple(a, b, c) + triple(b, d, c);
      }
    }
    return sum;
  }
}
