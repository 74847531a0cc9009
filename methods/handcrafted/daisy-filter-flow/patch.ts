import type { Guide } from "./guide.ts";
import type { Superpixels } from "./superpixels.ts";

/**
 * A superpixel and the window in which its costs are aggregated: its bounding box and the filter's radius around it,
 * inside the picture. Costs are smoothed by a guided filter (He, Sun and Tang, TPAMI 2013) of the window alone.
 */
export class Patch {
  /** The window: left, top, and sides. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Sites of the superpixel: index in the picture, and in the window. */
  readonly sites: Int32Array;
  readonly inside: Int32Array;
  /** Superpixels that touch this one, in ascending order. */
  readonly neighbours: readonly number[];

  readonly #radius: number;
  readonly #grey: Float32Array;
  /** Sites under the filter at each site, mean of the guide there, and 1 / (its variance + eps). */
  readonly #count: Float32Array;
  readonly #mean: Float32Array;
  readonly #inverse: Float32Array;

  constructor(guide: Guide, sites: Int32Array, neighbours: readonly number[], radius: number, eps: number) {
    let x1 = guide.width, y1 = guide.height, x2 = -1, y2 = -1;
    for (const p of sites) {
      const x = p % guide.width, y = Math.floor(p / guide.width);
      x1 = Math.min(x1, x);
      x2 = Math.max(x2, x);
      y1 = Math.min(y1, y);
      y2 = Math.max(y2, y);
    }
    this.left = Math.max(x1 - radius, 0);
    this.top = Math.max(y1 - radius, 0);
    this.width = Math.min(x2 + radius, guide.width - 1) - this.left + 1;
    this.height = Math.min(y2 + radius, guide.height - 1) - this.top + 1;
    this.sites = sites;
    this.neighbours = neighbours;
    this.inside = sites.map((p) => (Math.floor(p / guide.width) - this.top) * this.width + p % guide.width - this.left);
    this.#radius = radius;
    const n = this.width * this.height;
    this.#grey = new Float32Array(n);
    for (let y = 0, i = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++, i++) {
        this.#grey[i] = guide.grey[(this.top + y) * guide.width + this.left + x]!;
      }
    }
    const scratch = new Float32Array(n);
    const box = (values: Float32Array) => boxSum(values.slice(), scratch, this.width, this.height, radius);
    this.#count = box(new Float32Array(n).fill(1));
    this.#mean = box(this.#grey).map((sum, i) => sum / this.#count[i]!);
    const square = box(this.#grey.map((v) => v * v));
    this.#inverse = square.map((sum, i) => 1 / (sum / this.#count[i]! - this.#mean[i]! ** 2 + eps));
  }

  /**
   * Smooths costs over the window, along the guide's edges.
   * @param costs [height][width] of the window; overwritten by the result
   * @param scratch three arrays of at least the window's size
   */
  filter(costs: Float32Array, scratch: readonly [Float32Array, Float32Array, Float32Array]): void {
    const n = this.width * this.height;
    const [a, b, line] = scratch;
    const grey = this.#grey, count = this.#count;
    for (let i = 0; i < n; i++) {
      a[i] = grey[i]! * costs[i]!;
      b[i] = costs[i]!;
    }
    boxSum(a, line, this.width, this.height, this.#radius);
    boxSum(b, line, this.width, this.height, this.#radius);
    for (let i = 0; i < n; i++) {
      const meanCost = b[i]! / count[i]!, mean = this.#mean[i]!;
      const slope = (a[i]! / count[i]! - mean * meanCost) * this.#inverse[i]!;
      a[i] = slope;
      b[i] = meanCost - slope * mean;
    }
    boxSum(a, line, this.width, this.height, this.#radius);
    boxSum(b, line, this.width, this.height, this.#radius);
    for (let i = 0; i < n; i++) costs[i] = (a[i]! * grey[i]! + b[i]!) / count[i]!;
  }
}

/** Patches of all superpixels. */
export function patchesOf(guide: Guide, { count, labels }: Superpixels, radius: number, eps: number): Patch[] {
  const sizes = new Int32Array(count);
  for (const label of labels) sizes[label]!++;
  const sites = Array.from(sizes, (size) => new Int32Array(size));
  const filled = new Int32Array(count);
  const neighbours = Array.from({ length: count }, () => new Set<number>());
  for (let p = 0; p < labels.length; p++) {
    const label = labels[p]!;
    sites[label]![filled[label]!++] = p;
    const right = p % guide.width + 1 < guide.width ? labels[p + 1]! : label;
    const below = labels[p + guide.width] ?? label;
    for (const other of [right, below]) {
      if (other === label) continue;
      neighbours[label]!.add(other);
      neighbours[other]!.add(label);
    }
  }
  return sites.map((own, k) => new Patch(guide, own, [...neighbours[k]!].sort((a, b) => a - b), radius, eps));
}

/** Sums over (2 radius + 1) squares cut at the border, by running sums along rows and columns; in place. */
export function boxSum(
  values: Float32Array,
  line: Float32Array,
  width: number,
  height: number,
  radius: number,
): Float32Array {
  for (let y = 0; y < height; y++) run(values, line, y * width, 1, width, radius);
  for (let x = 0; x < width; x++) run(values, line, x, width, height, radius);
  return values;
}

function run(values: Float32Array, line: Float32Array, from: number, step: number, n: number, radius: number): void {
  for (let i = 0, p = from; i < n; i++, p += step) line[i] = values[p]!;
  let sum = 0;
  for (let i = 0; i < Math.min(radius, n); i++) sum += line[i]!;
  for (let i = 0, p = from; i < n; i++, p += step) {
    if (i + radius < n) sum += line[i + radius]!;
    if (i - radius - 1 >= 0) sum -= line[i - radius - 1]!;
    values[p] = sum;
  }
}
