import type { Size } from "../../../../core/types.ts";

/** A division of a picture. */
export interface Segments {
  readonly count: number;
  /** [height][width], 0..count-1 in order of first appearance. */
  readonly labels: Int32Array;
}

/** Steps of one grey level: edge weights are sorted by counting. */
const STEPS = 16;

/**
 * Graph-based segmentation (Felzenszwalb and Huttenlocher, IJCV 2004): pixels and their eight neighbours joined by the
 * Euclidean distance of their colours; edges by rising weight (to a sixteenth of a grey level) merge two parts where the
 * weight is at most `inner + k / size` of both; parts below `minimum` pixels then join a neighbour.
 *
 * @param channels [3][height][width], 0..255
 */
export function segment(channels: readonly Float32Array[], size: Size, k: number, minimum: number): Segments {
  const edges = sortedEdges(channels, size);
  const parts = new Parts(size.width * size.height);
  const inner = new Float32Array(parts.size.length);
  for (let e = 0; e < edges.weight.length; e++) {
    const a = parts.find(edges.from[e]!), b = parts.find(edges.to[e]!);
    if (a === b) continue;
    const weight = edges.weight[e]!;
    if (weight > inner[a]! + k / parts.size[a]! || weight > inner[b]! + k / parts.size[b]!) continue;
    inner[parts.join(a, b)] = weight;
  }
  for (let e = 0; e < edges.weight.length; e++) {
    const a = parts.find(edges.from[e]!), b = parts.find(edges.to[e]!);
    if (a !== b && (parts.size[a]! < minimum || parts.size[b]! < minimum)) parts.join(a, b);
  }
  const labels = new Int32Array(parts.size.length);
  const names = new Int32Array(parts.size.length).fill(-1);
  let count = 0;
  for (let p = 0; p < labels.length; p++) {
    const root = parts.find(p);
    if (names[root]! < 0) names[root] = count++;
    labels[p] = names[root]!;
  }
  return { count, labels };
}

/** Disjoint sets of pixels. */
class Parts {
  readonly size: Int32Array;
  readonly #parent: Int32Array;

  constructor(n: number) {
    this.size = new Int32Array(n).fill(1);
    this.#parent = Int32Array.from({ length: n }, (_, i) => i);
  }

  find(p: number): number {
    const parent = this.#parent;
    while (parent[p] !== p) {
      parent[p] = parent[parent[p]!]!;
      p = parent[p]!;
    }
    return p;
  }

  /** @returns the root of the two together. */
  join(a: number, b: number): number {
    const [root, child] = this.size[a]! >= this.size[b]! ? [a, b] : [b, a];
    this.#parent[child] = root;
    this.size[root]! += this.size[child]!;
    return root;
  }
}

function sortedEdges([r, g, b]: readonly Float32Array[], { width, height }: Size) {
  const most = 4 * width * height;
  const from = new Int32Array(most), to = new Int32Array(most), level = new Int32Array(most);
  let n = 0;
  const add = (p: number, q: number) => {
    const distance = Math.sqrt((r![p]! - r![q]!) ** 2 + (g![p]! - g![q]!) ** 2 + (b![p]! - b![q]!) ** 2);
    from[n] = p;
    to[n] = q;
    level[n++] = Math.floor(distance * STEPS);
  };
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      if (x + 1 < width) add(p, p + 1);
      if (y + 1 < height) add(p, p + width);
      if (x + 1 < width && y + 1 < height) add(p, p + width + 1);
      if (x + 1 < width && y > 0) add(p, p - width + 1);
    }
  }
  let highest = 0;
  for (let e = 0; e < n; e++) highest = Math.max(highest, level[e]!);
  const start = new Int32Array(highest + 2);
  for (let e = 0; e < n; e++) start[level[e]! + 1]!++;
  for (let l = 0; l <= highest; l++) start[l + 1]! += start[l]!;
  const sorted = { from: new Int32Array(n), to: new Int32Array(n), weight: new Float32Array(n) };
  for (let e = 0; e < n; e++) {
    const at = start[level[e]!]!++;
    sorted.from[at] = from[e]!;
    sorted.to[at] = to[e]!;
    sorted.weight[at] = level[e]! / STEPS;
  }
  return sorted;
}
