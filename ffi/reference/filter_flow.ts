import { patchPick, patchRandom } from "./patch_match.ts";
import { boxSums, filterCost, filterMaps, filterRound, type Window } from "./guided_filter.ts";

/** The unit of a change's scale * cosine and scale * sine, the largest cost of a site, the unit of smoothed costs. */
export const changeUnit = 2 ** 20;
export const worstCost = 3825;
export const fineCost = 256;
/** Above this a histogram's L1 difference no longer counts: 15/17 of a histogram's length, in 1/255. */
export const histogramCap = 225;
/** The cost of a site no label has led into the target. */
export const untried = 0x7fffffff;

/** Descriptors of both pictures: bytes in histograms of 8, or features. */
export type FilterFlowDescriptors =
  | {
    readonly parts: number;
    /** [height][width][parts][8] */
    readonly source: Uint8Array;
    /** [layers][targetHeight + 2 pad][targetWidth + 2 pad][8], pad = 2 reach + 1, zero beyond the picture */
    readonly target: Uint8Array;
  }
  | {
    readonly channels: number;
    /** [height][width][channels] */
    readonly source: Float32Array;
    /** [changes][targetHeight][targetWidth][channels] */
    readonly target: Float32Array;
  };

/** What {@linkcode filterFlow} solves. */
export interface FilterFlowProblem {
  readonly width: number;
  readonly height: number;
  readonly targetWidth: number;
  readonly targetHeight: number;
  readonly descriptors: FilterFlowDescriptors;
  /** [changes][3 + 3 parts]: scale * cosine, scale * sine, shift of bins; layer, x and y offset of every part. */
  readonly change: Int32Array;
  readonly changes: number;
  /** Changes count [scale][rotation]. */
  readonly rotations: number;
  /** The farthest offset. */
  readonly reach: number;
  /** [height][width]: red + 256 green + 65536 blue. */
  readonly guide: Int32Array;
  /** [height][width]: numbers 0..count-1. */
  readonly superpixel: Int32Array;
  readonly count: number;
  /** [count][links]: superpixels whose labels each one tries; -1 for none. */
  readonly link: Int32Array;
  readonly links: number;
  /** [count][3]: first labels. */
  readonly start: Int32Array;
  /** [height][width][2]: the target site that costs a site nothing beside its descriptors. */
  readonly home: Int32Array;
  /** Cost in 1/256 of every target site away from it, along x and y. */
  readonly stay: number;
  readonly radius: number;
  readonly eps: number;
  readonly iterations: number;
  /** How far from the present one a random label leads at first, in sites. */
  readonly search: number;
  readonly ratio: number;
  readonly seed: number;
}

/** Where a site goes under a label: the nearest target site, perhaps outside. */
export function targetOf(change: Int32Array, at: number, x: number, y: number, u: number, v: number): [number, number] {
  const c = change[at]!, s = change[at + 1]!;
  return [
    Math.floor((c * x - s * y + changeUnit / 2) / changeUnit) + u,
    Math.floor((s * x + c * y + changeUnit / 2) / changeUnit) + v,
  ];
}

/**
 * PatchMatch over superpixels with filtered costs (PatchMatch Filter, Lu et al., CVPR 2013; DAISY Filter Flow, Yang et
 * al., CVPR 2014). A superpixel tries whole labels: their costs over its box and twice the filter's radius around it are
 * smoothed by the guided filter, and each site of the box keeps the cheapest label that leads it into the target, the way
 * from its home counted (`stay`). In every
 * iteration a superpixel tries, all at once and without those it tried before, the label of a random site of each linked
 * superpixel, then labels around that of a random site of its own: the reach over positions starts at `search` and
 * halves down to one site; that over scales and rotations starts at twice their number and is divided by
 * `ratio`, counted around the end. Superpixels are visited forwards and backwards by turns.
 *
 * @param label [height][width][3]: u, v, change
 * @param cost [height][width], in 1/256
 * @param energy [iterations + 1][2]: sum of costs at the start and after every iteration, high * 2^24 + low
 */
export function filterFlow(
  problem: FilterFlowProblem,
  label: Int32Array,
  cost: Int32Array,
  energy: Int32Array,
): void {
  const { width, height, count, iterations, superpixel, start, home, stay, change } = problem;
  const regions = regionsOf(superpixel, count, width);
  const maps = filterMaps(problem);
  const entries = change.length / problem.changes;
  const tried = regions.map(() => new Set<string>());
  cost.fill(untried);
  superpixel.forEach((k, i) => label.set(start.subarray(3 * k, 3 * k + 3), 3 * i));
  for (let round = 0; round <= iterations; round++) {
    for (let turn = 0; turn < count; turn++) {
      const k = round % 2 === 0 && round > 0 ? count - 1 - turn : turn;
      const { left, top, right, bottom } = regions[k]!;
      const list = propose(problem, k, round, regions, label, tried[k]!);
      const results = list.map((l) => smoothed(problem, maps, regions[k]!, l));
      list.forEach(([u, v, c], l) => {
        for (let y = top, i = 0; y <= bottom; y++) {
          for (let x = left; x <= right; x++, i++) {
            const at = y * width + x;
            const [tx, ty] = targetOf(change, c * entries, x, y, u, v);
            if (!inside(problem, tx, ty)) continue;
            const away = Math.abs(tx - home[2 * at]!) + Math.abs(ty - home[2 * at + 1]!);
            const found = results[l]![i]! + stay * Math.min(away, 65536);
            if (found >= cost[at]!) continue;
            cost[at] = found;
            label.set([u, v, c], 3 * at);
          }
        }
      });
    }
    let sum = 0;
    for (let i = 0; i < width * height; i++) sum += cost[i] === untried ? worstCost * fineCost : cost[i]!;
    const high = Math.floor(sum / 2 ** 24);
    energy.set([high, sum - high * 2 ** 24], 2 * round);
  }
}

interface Region extends Window {
  readonly sites: readonly number[];
}

function regionsOf(superpixel: Int32Array, count: number, width: number): Region[] {
  const sites = Array.from({ length: count }, (): number[] => []);
  superpixel.forEach((k, i) => sites[k]!.push(i));
  return sites.map((own) => {
    const xs = own.map((i) => i % width), ys = own.map((i) => Math.floor(i / width));
    return { sites: own, left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
  });
}

function inside({ targetWidth, targetHeight }: FilterFlowProblem, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x < targetWidth && y < targetHeight;
}

type Label = readonly [u: number, v: number, change: number];

function propose(
  problem: FilterFlowProblem,
  k: number,
  round: number,
  regions: readonly Region[],
  label: Int32Array,
  tried: Set<string>,
): Label[] {
  const { rotations, links, link, start, seed, change, changes, width, search } = problem;
  const list: Label[] = [];
  const attempt = (...next: Label) => {
    if (list.length >= 96 || tried.has(`${next}`)) return;
    tried.add(`${next}`);
    list.push(next);
  };
  const labelAt = (from: Int32Array, i: number): Label => [from[3 * i]!, from[3 * i + 1]!, from[3 * i + 2]!];
  if (round === 0) {
    attempt(...labelAt(start, k));
    return list;
  }
  let counter = 0;
  const random = () => patchRandom(seed, k, round, counter++);
  const spread = () => random() / 2 ** 31 - 1;
  const siteOf = ({ sites }: Region) => sites[patchPick(random(), 0, sites.length - 1)]!;
  const own = siteOf(regions[k]!);
  for (let i = 0; i < links; i++) {
    const other = link[k * links + i]!;
    if (other >= 0) attempt(...labelAt(label, siteOf(regions[other]!)));
  }
  const [u0, v0, c0] = labelAt(label, own);
  const scales = changes / rotations, entries = change.length / changes;
  const around = (from: number, by: number, n: number) => ((Math.floor(from + by + 0.5) % n) + n) % n;
  let turn = 2 * rotations, grow = 2 * scales;
  for (let reach = search; reach >= 1; reach /= 2) {
    const u = u0 + Math.floor(spread() * reach + 0.5), v = v0 + Math.floor(spread() * reach + 0.5);
    const scale = around(Math.floor(c0 / rotations), spread() * grow, scales);
    const rotation = around(c0 % rotations, spread() * turn, rotations);
    turn /= problem.ratio;
    grow /= problem.ratio;
    const c = scale * rotations + rotation;
    const [tx, ty] = targetOf(change, c * entries, own % width, Math.floor(own / width), u, v);
    if (inside(problem, tx, ty)) attempt(u, v, c);
  }
  return list;
}

/** Smoothed costs of a region's box under a label. */
function smoothed(problem: FilterFlowProblem, maps: Float64Array, region: Window, label: Label): Int32Array {
  const { width, height, guide, radius } = problem;
  const grown = (by: number): Window => ({
    left: Math.max(region.left - by, 0),
    top: Math.max(region.top - by, 0),
    right: Math.min(region.right + by, width - 1),
    bottom: Math.min(region.bottom + by, height - 1),
  });
  const wide = grown(2 * radius), middle = grown(radius), box = grown(0);
  const planes: number[][] = [[], [], [], []];
  for (let y = wide.top; y <= wide.bottom; y++) {
    for (let x = wide.left; x <= wide.right; x++) {
      const raw = siteCost(problem, x, y, label), g = guide[y * width + x]!;
      [1, g & 255, (g >> 8) & 255, (g >> 16) & 255].forEach((colour, i) => planes[i]!.push(raw * colour));
    }
  }
  const sums = planes.map((plane) => boxSums(plane, wide, middle, radius));
  const lines: number[][] = [[], [], [], []];
  for (let y = middle.top, i = 0; y <= middle.bottom; y++) {
    for (let x = middle.left; x <= middle.right; x++, i++) {
      for (let row = 0; row < 4; row++) {
        let value = 0;
        for (let c = 0; c < 4; c++) value += maps[(y * width + x) * 16 + 4 * c + row]! * sums[c]![i]!;
        lines[row]!.push(filterRound(value));
      }
    }
  }
  const smooth = lines.map((plane) => boxSums(plane, middle, box, radius));
  const out = new Int32Array(smooth[0]!.length);
  for (let y = box.top, i = 0; y <= box.bottom; y++) {
    for (let x = box.left; x <= box.right; x++, i++) {
      const tall = Math.min(y + radius, height - 1) - Math.max(y - radius, 0) + 1;
      const long = Math.min(x + radius, width - 1) - Math.max(x - radius, 0) + 1;
      out[i] = filterCost(smooth.map((plane) => plane[i]!), guide[y * width + x]!, tall * long);
    }
  }
  return out;
}

function siteCost(problem: FilterFlowProblem, x: number, y: number, [u, v, c]: Label): number {
  const { descriptors, change, changes, width, targetWidth, targetHeight, reach } = problem;
  const entries = change.length / changes, entry = change.subarray(c * entries, (c + 1) * entries);
  let [tx, ty] = targetOf(change, c * entries, x, y, u, v);
  if ("channels" in descriptors) {
    if (!inside(problem, tx, ty)) return worstCost;
    const { source, target, channels } = descriptors;
    let dot = 0;
    const a = (y * width + x) * channels, b = ((c * targetHeight + ty) * targetWidth + tx) * channels;
    for (let e = 0; e < channels; e++) dot += source[a + e]! * target[b + e]!;
    const cost = (1 - Math.fround(dot)) * worstCost;
    return !(cost < worstCost) ? worstCost : cost > 0 ? Math.floor(cost + 0.5) : 0;
  }
  const { source, target, parts } = descriptors;
  const pad = 2 * reach + 1, cols = targetWidth + 2 * pad, rows = targetHeight + 2 * pad;
  // Beyond the padding all is zero, as at its edge.
  tx = Math.min(Math.max(tx, -reach - 1), targetWidth + reach);
  ty = Math.min(Math.max(ty, -reach - 1), targetHeight + reach);
  let sum = 0;
  for (let part = 0; part < parts; part++) {
    const layer = entry[3 + 3 * part]!, dx = entry[4 + 3 * part]!, dy = entry[5 + 3 * part]!;
    const a = ((y * width + x) * parts + part) * 8;
    const b = ((layer * rows + ty + dy + pad) * cols + tx + dx + pad) * 8;
    let l1 = 0;
    for (let bin = 0; bin < 8; bin++) l1 += Math.abs(source[a + bin]! - target[b + ((bin + entry[2]!) & 7)]!);
    sum += Math.min(l1, histogramCap);
  }
  return sum;
}
