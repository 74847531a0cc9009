/**
 * Node costs of all labels on a coarse grid of translations.
 *
 * @module
 */
import { nodeAt } from "../../../core/pyramid/graph.ts";
import type { GridSize, Ops } from "../../../core/pyramid/grid.ts";
import type { FeatureMap } from "../../../core/types.ts";
import { bend, type Changes } from "./changes.ts";
import { priorCost, type Weights } from "./energy.ts";
import type { Field } from "./field.ts";
import { childrenOf, type Node } from "./nodes.ts";

/** Everything that the costs depend on. */
export interface CoarseProblem {
  readonly source: FeatureMap;
  readonly field: Field;
  readonly changes: Changes;
  readonly size: GridSize;
  readonly nodes: readonly Node[];
  readonly levels: number;
  readonly weights: Weights;
}

/**
 * Costs of every node, change and translation of its centre: [nodes][changes][nx][ny], each level divided by the mean of
 * its unchanged costs, priors added.
 *
 * Per change the target is sampled on a lattice that is scaled and turned with it, on which the change is a plain
 * translation: one volume of distances serves all leaves. Leaves' costs lie between those translations (bilinear);
 * nodes above are the means of their four children, each moved as the change bends the parent.
 */
export async function coarseCosts(ops: Ops, problem: CoarseProblem): Promise<Float32Array> {
  const { changes, nodes, levels, size: { nx, ny }, weights } = problem;
  const count = nx * ny, all = changes.cos.length, out = new Float32Array(nodes.length * all * count);
  const plane = (node: number, change: number) => {
    const at = (node * all + change) * count;
    return out.subarray(at, at + count);
  };
  const source = sampleSource(problem);
  for (let change = 0; change < all; change++) {
    const volume = await latticeCosts(ops, problem, change, source);
    for (const [i, node] of nodes.entries()) {
      if (node.level === levels - 1) readLeaf(problem, volume, change, node, plane(i, change));
    }
    for (let level = levels - 2; level >= 0; level--) {
      const side = 2 ** level;
      for (let bx = 0; bx < side; bx++) {
        for (let by = 0; by < side; by++) {
          const parent = nodeAt(level, bx, by);
          for (const child of childrenOf(levels, level, bx, by)) {
            addMoved(problem, plane(child, change), change, nodes[parent]!, nodes[child]!, plane(parent, change));
          }
        }
      }
    }
  }
  for (let level = 0; level < levels; level++) {
    const members = [...nodes.keys()].filter((i) => nodes[i]!.level === level);
    let sum = 0;
    for (const i of members) for (const v of plane(i, changes.identity)) sum += v;
    const scale = sum > 0 ? members.length * count / sum : 0;
    for (const i of members) {
      for (let change = 0; change < all; change++) {
        const own = priorCost(changes, weights, change), values = plane(i, change);
        for (let k = 0; k < count; k++) values[k] = values[k]! * scale + own;
      }
    }
  }
  return out;
}

/** [rows][cols][channels] at the grid's samples. */
function sampleSource({ source, size: { step, cols, rows } }: CoarseProblem): Float32Array {
  const n = source.channels, out = new Float32Array(cols * rows * n);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const from = (y * step * source.grid.cols + x * step) * n;
      out.set(source.data.subarray(from, from + n), (y * cols + x) * n);
    }
  }
  return out;
}

/** Distances under translations on a lattice, as means over the leaves' boxes. */
interface Lattice {
  /** [leaf x][leaf y][2 vx + 1][2 vy + 1] */
  readonly means: Float32Array;
  readonly vx: number;
  readonly vy: number;
  /** Cell of the target at the lattice's middle, and that middle's index. */
  readonly centre: readonly [number, number];
  readonly middle: readonly [number, number];
}

async function latticeCosts(ops: Ops, problem: CoarseProblem, change: number, source: Float32Array): Promise<Lattice> {
  const { field, changes, nodes, size: { step, cols, rows, rx, ry }, weights, levels } = problem;
  const c = changes.cos[change]!, s = changes.sin[change]!, n = field.channels;
  const centre = [(field.cols - 1) / 2, (field.rows - 1) / 2] as const;
  const square = c * c + s * s;
  // Half extents of the target on the lattice, by the inverse change.
  const half = (a: number, b: number) => Math.ceil((Math.abs(c) * a + Math.abs(s) * b) / square / step);
  const hx = half(centre[0], centre[1]), hy = half(centre[1], centre[0]);
  const width = 2 * hx + 1, height = 2 * hy + 1;
  const lattice = new Float32Array(width * height * n);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = (x - hx) * step, v = (y - hy) * step, to = (y * width + x) * n;
      const tx = Math.floor(centre[0] + c * u - s * v + 0.5), ty = Math.floor(centre[1] + s * u + c * v + 0.5);
      // A distance that is NaN counts as the bound: the way out of the target.
      if (tx < 0 || ty < 0 || tx >= field.cols || ty >= field.rows) lattice[to] = NaN;
      else field.write(change, tx, ty, lattice, to);
    }
  }
  // As far as any leaf's centre goes within the window, but not beyond where nothing of the target is met.
  let vx = 1, vy = 1;
  for (const { level, x, y } of nodes) {
    if (level !== levels - 1) continue;
    for (const tx of [x - rx * step, x + rx * step]) {
      for (const ty of [y - ry * step, y + ry * step]) {
        const px = (tx - centre[0]) / square / step, py = (ty - centre[1]) / square / step;
        vx = Math.max(vx, Math.ceil(Math.abs(c * px + s * py + hx - x / step)) + 1);
        vy = Math.max(vy, Math.ceil(Math.abs(c * py - s * px + hy - y / step)) + 1);
      }
    }
  }
  vx = Math.min(vx, cols + width);
  vy = Math.min(vy, rows + height);
  const volume = await (await ops.translationCosts(
    { data: source, shape: [rows, cols, n] },
    { data: lattice, shape: [height, width, n] },
    { step: 1, nx: vx, ny: vy, bound: weights.bound },
  )).take();
  return { means: leafMeans(volume, cols, rows, 2 ** (levels - 1)), vx, vy, centre, middle: [hx, hy] };
}

/** Means of [states][cols][rows] over boxes of floor(cols / side) x floor(rows / side): [side][side][states]. */
function leafMeans(volume: Float32Array, cols: number, rows: number, side: number): Float32Array {
  const states = volume.length / (cols * rows), w = Math.floor(cols / side), h = Math.floor(rows / side);
  const out = new Float32Array(side * side * states);
  if (w * h === 0) return out;
  for (let state = 0; state < states; state++) {
    for (let bx = 0; bx < side; bx++) {
      for (let by = 0; by < side; by++) {
        let sum = 0;
        for (let x = bx * w; x < (bx + 1) * w; x++) {
          const from = (state * cols + x) * rows + by * h;
          for (let i = from; i < from + h; i++) sum += volume[i]!;
        }
        out[(bx * side + by) * states + state] = sum / (w * h);
      }
    }
  }
  return out;
}

/** Costs of a leaf at the grid's translations, between those of the lattice. */
function readLeaf(problem: CoarseProblem, lattice: Lattice, change: number, node: Node, out: Float32Array): void {
  const { changes, size: { step, nx, ny, rx, ry }, levels, weights } = problem;
  const { means, vx, vy, centre, middle } = lattice;
  const c = changes.cos[change]!, s = changes.sin[change]!, square = c * c + s * s;
  const side = 2 ** (levels - 1), high = 2 * vy + 1;
  if (node.width * node.height === 0) return;
  const leaf = node.left / node.width * side + node.top / node.height;
  const states = (2 * vx + 1) * high;
  const plane = means.subarray(leaf * states, (leaf + 1) * states);
  for (let i = 0; i < nx; i++) {
    for (let j = 0; j < ny; j++) {
      const px = node.x + (i - rx) * step - centre[0], py = node.y + (j - ry) * step - centre[1];
      const x = (c * px + s * py) / square / step + middle[0] - node.x / step + vx;
      const y = (c * py - s * px) / square / step + middle[1] - node.y / step + vy;
      out[i * ny + j] = between(plane, 2 * vx + 1, high, x, y, weights.bound);
    }
  }
}

/** Adds a quarter of a child's costs to its parent's, at the translations that the parent's change gives the child. */
function addMoved(
  problem: CoarseProblem,
  child: Float32Array,
  change: number,
  parent: Node,
  own: Node,
  out: Float32Array,
) {
  const { changes, size: { step, nx, ny }, weights } = problem;
  const [dx, dy] = bend(changes, change, own.x - parent.x, own.y - parent.y);
  for (let i = 0; i < nx; i++) {
    for (let j = 0; j < ny; j++) {
      const v = between(child, nx, ny, i + dx / step, j + dy / step, weights.bound);
      out[i * ny + j] = out[i * ny + j]! + v / 4;
    }
  }
}

/** A value of [width][height] between its entries, `outside` beyond them. */
function between(plane: Float32Array, width: number, height: number, x: number, y: number, outside: number): number {
  const x0 = Math.floor(x), y0 = Math.floor(y), fx = x - x0, fy = y - y0;
  const at = (i: number, j: number) => i < 0 || j < 0 || i >= width || j >= height ? outside : plane[i * height + j]!;
  if (fx === 0 && fy === 0) return at(x0, y0);
  return (1 - fx) * ((1 - fy) * at(x0, y0) + fy * at(x0, y0 + 1)) +
    fx * ((1 - fy) * at(x0 + 1, y0) + fy * at(x0 + 1, y0 + 1));
}
