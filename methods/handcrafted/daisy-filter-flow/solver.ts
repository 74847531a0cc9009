/**
 * PatchMatch over superpixels with filtered costs (PMF, Lu et al., CVPR 2013), as DAISY Filter Flow uses it.
 *
 * @module
 */
import type { Costs } from "./costs.ts";
import type { Patch } from "./patch.ts";
import { uniform } from "./random.ts";

/** How long and how widely the search goes. */
export interface SearchOptions {
  readonly iterations: number;
  readonly seed: number;
  /** What the reach over scales and rotations is divided by from one random candidate to the next. */
  readonly ratio: number;
}

/** The best label of every source site. */
export interface Labels {
  /** [height][width]: displacement in sites, and index of the change of scale and rotation. */
  readonly dx: Int32Array;
  readonly dy: Int32Array;
  readonly change: Int32Array;
  /** [height][width]: its aggregated cost. */
  readonly cost: Float32Array;
  /** Mean aggregated cost after the start and after every iteration; it never rises. */
  readonly energy: readonly number[];
}

/**
 * Finds for every site the label (displacement, scale, rotation) of lowest aggregated cost among those tried.
 *
 * A superpixel tries whole labels: their costs over its window are smoothed by the guided filter, and each of its sites
 * keeps the cheapest so far. It starts from the stretch of one picture onto the other and from a random label; in every
 * iteration it tries the label of a random site of each neighbour (propagation), then labels around that of a random
 * site of its own, at a reach that halves from the longer target side to one site (random search). Superpixels are
 * visited in order and in the opposite order by turns.
 */
export function search(costs: Costs, patches: readonly Patch[], options: SearchOptions): Labels {
  const state = new Search(costs, patches, options);
  return state.run();
}

class Search {
  readonly #costs: Costs;
  readonly #patches: readonly Patch[];
  readonly #options: SearchOptions;
  readonly #random: () => number;
  readonly #labels: { dx: Int32Array; dy: Int32Array; change: Int32Array; cost: Float32Array };
  readonly #window: Float32Array;
  readonly #scratch: [Float32Array, Float32Array, Float32Array];
  /** Labels tried in the current visit. */
  readonly #tried = new Set<number>();

  constructor(costs: Costs, patches: readonly Patch[], options: SearchOptions) {
    this.#costs = costs;
    this.#patches = patches;
    this.#options = options;
    this.#random = uniform(options.seed);
    const n = costs.source.width * costs.source.height;
    this.#labels = {
      dx: new Int32Array(n),
      dy: new Int32Array(n),
      change: new Int32Array(n),
      cost: new Float32Array(n).fill(Infinity),
    };
    let most = 0;
    for (const { width, height } of patches) most = Math.max(most, width * height, width, height);
    this.#window = new Float32Array(most);
    this.#scratch = [new Float32Array(most), new Float32Array(most), new Float32Array(most)];
  }

  run(): Labels {
    for (const patch of this.#patches) this.#start(patch);
    const energy = [this.#energy()];
    const order = this.#patches.map((_, k) => k);
    for (let turn = 0; turn < this.#options.iterations; turn++) {
      for (const k of turn % 2 === 0 ? order : order.toReversed()) this.#visit(this.#patches[k]!);
      energy.push(this.#energy());
    }
    return { ...this.#labels, energy };
  }

  #start(patch: Patch): void {
    const { source, target, identity } = this.#costs;
    this.#tried.clear();
    // The middle of the superpixel under the stretch of the pictures: where all costs are equal, this stays.
    const p = patch.sites[patch.sites.length >> 1]!;
    const x = p % source.width, y = Math.floor(p / source.width);
    const stretch = (v: number, from: number, to: number) => Math.round((v + 0.5) * to / from - 0.5) - v;
    this.#try(patch, stretch(x, source.width, target.width), stretch(y, source.height, target.height), identity);
    this.#around(patch, p, 0, 0, 0, Infinity, Infinity, Infinity);
  }

  #visit(patch: Patch): void {
    const { source, target, scales, rotations } = this.#costs;
    const { dx, dy, change } = this.#labels;
    const { ratio } = this.#options;
    this.#tried.clear();
    for (const k of patch.neighbours) {
      const p = this.#pick(this.#patches[k]!.sites);
      this.#try(patch, dx[p]!, dy[p]!, change[p]!);
    }
    const p = this.#pick(patch.sites);
    const fromX = dx[p]!, fromY = dy[p]!, fromChange = change[p]!;
    let reachScale = scales, reachRotation = rotations;
    for (let reach = Math.max(target.width, target.height, source.width, source.height); reach >= 1; reach /= 2) {
      this.#around(patch, p, fromX, fromY, fromChange, reach, reachScale, reachRotation);
      reachScale /= ratio;
      reachRotation /= ratio;
    }
  }

  /** Tries a label whose target of site `p` is uniform in the picture within a reach, and so are scale and rotation. */
  #around(
    patch: Patch,
    p: number,
    dx: number,
    dy: number,
    change: number,
    reach: number,
    reachScale: number,
    reachRotation: number,
  ): void {
    const { source, target, scales, rotations } = this.#costs;
    const x = p % source.width, y = Math.floor(p / source.width);
    const toX = this.#near(x + dx, reach, target.width), toY = this.#near(y + dy, reach, target.height);
    const scale = this.#near(Math.floor(change / rotations), reachScale, scales);
    const rotation = this.#near(change % rotations, reachRotation, rotations);
    this.#try(patch, toX - x, toY - y, scale * rotations + rotation);
  }

  /** A whole number of 0..n-1, uniform among those within the reach of `from`. */
  #near(from: number, reach: number, n: number): number {
    const low = Math.max(Math.ceil(from - reach), 0), high = Math.min(Math.floor(from + reach), n - 1);
    if (high < low) return Math.min(Math.max(from, 0), n - 1);
    return low + Math.floor(this.#random() * (high - low + 1));
  }

  #pick(sites: Int32Array): number {
    return sites[Math.floor(this.#random() * sites.length)]!;
  }

  #try(patch: Patch, dx: number, dy: number, change: number): void {
    const { scales, rotations } = this.#costs;
    const key = ((dx + 32768) * 65536 + dy + 32768) * scales * rotations + change;
    if (this.#tried.has(key)) return;
    this.#tried.add(key);
    const values = this.#window;
    this.#costs.fill(patch, dx, dy, change, values);
    patch.filter(values, this.#scratch);
    const labels = this.#labels;
    for (let i = 0; i < patch.sites.length; i++) {
      const p = patch.sites[i]!, cost = values[patch.inside[i]!]!;
      if (cost < labels.cost[p]!) {
        labels.cost[p] = cost;
        labels.dx[p] = dx;
        labels.dy[p] = dy;
        labels.change[p] = change;
      }
    }
  }

  #energy(): number {
    let sum = 0;
    for (const cost of this.#labels.cost) sum += cost;
    return sum / this.#labels.cost.length;
  }
}
