/**
 * Cosine similarity with an upsampled target map that is never made.
 *
 * @module
 */
import { toCells, toPoints } from "../frame.ts";
import { computeInverseNorms, dots } from "../match/cosine.ts";
import { sampleMap } from "../match/sample.ts";
import type { Cells, CostVolume, FeatureMap, Lattice, Matcher, Pair } from "../types.ts";
import { cellsOf } from "./resample.ts";

/** How {@linkcode upsampledCosine} places what it compares. */
export interface UpsampledOptions {
  /** The grid on which target descriptors are interpolated, from the map's own. */
  readonly target: (map: FeatureMap) => Lattice;
  /** The grid that queries are given on; default: the source map's own. */
  readonly source?: (map: FeatureMap) => Lattice;
  /** Moves queries (on the source grid) before descriptors are interpolated there. */
  readonly place?: (cells: Cells) => Cells;
  /** Added to lengths. Default 1e-6. */
  readonly eps?: number;
}

/**
 * Compares a source descriptor with target descriptors interpolated bilinearly on a finer grid, each normalised after
 * its interpolation, as if the target map had been upsampled first.
 *
 * A map upsampled to the pixels of a photograph would take gigabytes. But the product with an interpolated descriptor is
 * the interpolated product, and the length of an interpolated descriptor follows from products of neighbouring cells;
 * so the answer is exact and the cost that of the coarse map.
 *
 * @throws RangeError when the two maps differ in channels.
 */
export function upsampledCosine(options: UpsampledOptions): Matcher {
  return { match: (maps) => Promise.resolve(new UpsampledVolume(maps, options)) };
}

class UpsampledVolume implements CostVolume {
  readonly source: Lattice;
  readonly target: Lattice;
  readonly #fine: Fine;

  constructor(readonly maps: Pair<FeatureMap>, readonly options: UpsampledOptions) {
    const { source, target } = maps;
    if (source.channels !== target.channels) {
      throw new RangeError(`Cannot compare maps of ${source.channels} and ${target.channels} channels`);
    }
    this.source = options.source?.(source) ?? source;
    this.target = options.target(target);
    this.#fine = fineOf(target, this.target, options.eps ?? 1e-6);
  }

  rows(cells: ArrayLike<number>): Promise<Float32Array> {
    const { cols } = this.source.grid;
    const xy = new Float64Array(2 * cells.length);
    for (let i = 0; i < cells.length; i++) {
      xy[2 * i] = cells[i]! % cols;
      xy[2 * i + 1] = Math.floor(cells[i]! / cols);
    }
    return this.sample({ n: cells.length, xy });
  }

  sample(cells: Cells): Promise<Float32Array> {
    const { maps: { source, target }, options: { place = (c: Cells) => c, eps = 1e-6 } } = this;
    const queries = sampleMap(source, toCells(toPoints(place(cells), this.source), source));
    const scales = computeInverseNorms(queries, source.channels, eps);
    const coarse = dots(queries, scales, target.data, this.#fine.ones, target.channels);
    return Promise.resolve(interpolate(coarse, cells.n, target, this.#fine));
  }

  dense(): Promise<Float32Array> {
    return this.sample(cellsOf(this.source.grid));
  }
}

/** Where cells of a finer axis lie between those of a coarser one: weight of the right neighbour, index of the left. */
interface Axis {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly weight: Float64Array;
}

interface Fine {
  readonly lattice: Lattice;
  readonly eps: number;
  readonly x: Axis;
  readonly y: Axis;
  /** [fine cells]: 1 / (length + eps) */
  readonly inverse: Float32Array;
  /** [coarse cells]: factors of the coarse products. */
  readonly ones: Float32Array;
}

/** Belongs to the target map, which meets many sources; the finer grid is the same while the settings are. */
const known = new WeakMap<FeatureMap, Fine>();

function fineOf(map: FeatureMap, lattice: Lattice, eps: number): Fine {
  const held = known.get(map);
  if (held !== undefined && held.eps === eps && sameGrid(held.lattice, lattice)) return held;
  const { rows, cols } = lattice.grid;
  // Positions are separable: one row and one column of cells tell all.
  const across = toCells(toPoints(cellsOf({ rows: 1, cols }), lattice), map);
  const down = toCells(toPoints(cellsOf({ rows, cols: 1 }), lattice), map);
  const x = axis(across.xy, 0, map.grid.cols);
  const y = axis(down.xy, 1, map.grid.rows);
  const inverse = lengths(map, x, y);
  for (let i = 0; i < inverse.length; i++) inverse[i] = 1 / (inverse[i]! + eps);
  const fine = { lattice, eps, x, y, inverse, ones: new Float32Array(map.grid.rows * map.grid.cols).fill(1) };
  known.set(map, fine);
  return fine;
}

function sameGrid({ grid: a }: Lattice, { grid: b }: Lattice): boolean {
  return a.rows === b.rows && a.cols === b.cols && a.stride.x === b.stride.x && a.stride.y === b.stride.y &&
    a.origin.x === b.origin.x && a.origin.y === b.origin.y;
}

function axis(xy: Float64Array, side: 0 | 1, cells: number): Axis {
  const n = xy.length / 2;
  const left = new Int32Array(n), right = new Int32Array(n), weight = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const at = Math.min(Math.max(xy[2 * i + side]!, 0), cells - 1);
    left[i] = Math.min(Math.floor(at), Math.max(cells - 2, 0));
    right[i] = Math.min(left[i]! + 1, cells - 1);
    weight[i] = at - left[i]!;
  }
  return { left, right, weight };
}

/** Lengths of the interpolated descriptors: |sum w_i f_i|^2 = sum w_i w_j f_i.f_j over the four cells around each. */
function lengths(map: FeatureMap, x: Axis, y: Axis): Float32Array {
  const { data, channels, grid: { rows, cols } } = map;
  const product = (dy: number, dx: number, from: number) => {
    const out = new Float64Array(rows * cols);
    for (let r = 0; r + dy < rows; r++) {
      for (let c = from; c + dx < cols && c + dx >= 0; c++) {
        let a = (r * cols + c) * channels, b = ((r + dy) * cols + c + dx) * channels, sum = 0;
        for (const end = a + channels; a < end; a++, b++) sum += data[a]! * data[b]!;
        out[r * cols + c] = sum;
      }
    }
    return out;
  };
  const self = product(0, 0, 0), beside = product(0, 1, 0), below = product(1, 0, 0);
  const falling = product(1, 1, 0), rising = product(1, -1, 1);
  const width = x.left.length, height = y.left.length;
  const out = new Float32Array(width * height);
  for (let j = 0, at = 0; j < height; j++) {
    const top = y.left[j]! * cols, bottom = y.right[j]! * cols, fy = y.weight[j]!, gy = 1 - fy;
    for (let i = 0; i < width; i++, at++) {
      const l = x.left[i]!, r = x.right[i]!, fx = x.weight[i]!, gx = 1 - fx;
      let sum = gy * gy * (gx * gx * self[top + l]! + fx * fx * self[top + r]! + 2 * gx * fx * beside[top + l]!);
      // The last row and column have no neighbour, and then no weight on it.
      if (fy > 0) {
        sum += fy * fy *
          (gx * gx * self[bottom + l]! + fx * fx * self[bottom + r]! + 2 * gx * fx * beside[bottom + l]!);
        const straight = gx * gx * below[top + l]! + fx * fx * below[top + r]!;
        sum += 2 * gy * fy * (straight + gx * fx * (falling[top + l]! + (fx > 0 ? rising[top + r]! : 0)));
      }
      out[at] = Math.sqrt(Math.max(sum, 0));
    }
  }
  return out;
}

/** @param coarse [n][coarse cells] @returns [n][fine cells], divided by the lengths */
function interpolate(coarse: Float32Array, n: number, map: FeatureMap, { x, y, inverse }: Fine): Float32Array {
  const { rows, cols } = map.grid;
  const width = x.left.length, height = y.left.length;
  const out = new Float32Array(n * width * height);
  for (let q = 0, at = 0; q < n; q++) {
    const start = q * rows * cols;
    for (let j = 0, cell = 0; j < height; j++) {
      const top = start + y.left[j]! * cols, bottom = start + y.right[j]! * cols, fy = y.weight[j]!;
      for (let i = 0; i < width; i++, at++, cell++) {
        const l = x.left[i]!, r = x.right[i]!, fx = x.weight[i]!;
        const above = coarse[top + l]! * (1 - fx) + coarse[top + r]! * fx;
        const below = coarse[bottom + l]! * (1 - fx) + coarse[bottom + r]! * fx;
        out[at] = (above * (1 - fy) + below * fy) * inverse[cell]!;
      }
    }
  }
  return out;
}
