import { onlyMap } from "../../../core/compose.ts";
import { clampPoints, identityFrame, sampledGrid, toPoints } from "../../../core/frame.ts";
import { followFlow } from "../../../core/match/sample.ts";
import type { Backbone, FeatureMap, Flow, Image, Lattice, Matches, Method, Points, Size } from "../../../core/types.ts";
import type { Costs } from "./costs.ts";
import { DaisyCosts, type DaisyLayers, daisyLayers } from "./daisy_costs.ts";
import { cellGuide, pixelGuide } from "./guide.ts";
import { changedPicture, MapCosts, unchangedCells } from "./map_costs.ts";
import { patchesOf } from "./patch.ts";
import { type Labels, search } from "./solver.ts";
import { slic } from "./superpixels.ts";

/** How pictures are matched. */
export interface DaisyFilterFlowOptions {
  /** DAISY at every pixel, or the backbone's features at its cells. */
  readonly descriptor: "daisy" | "backbone";
  readonly scales: readonly number[];
  /** Degrees. */
  readonly rotations: readonly number[];
  readonly iterations: number;
  readonly seed: number;
  readonly ratio: number;
  /** Pixels per superpixel. */
  readonly superpixel: number;
  /** Side of the guided filter's square in sites, odd. */
  readonly kernel: number;
  readonly eps: number;
}

/** The labels of all sites, where these lie, and how low the energy fell. */
export interface Solution extends Labels {
  readonly source: Lattice;
  readonly target: Lattice;
}

/** Sites a superpixel of cells has at least. */
const FEWEST_CELLS = 9;
/** Target pictures whose layers are kept, tens of megabytes each. */
const KEPT = 4;

/** DAISY Filter Flow on two pictures; see the plugin for its behaviour on unusual ones. */
export class DaisyFilterFlow implements Method {
  readonly #backbone: Backbone;
  readonly #options: DaisyFilterFlowOptions;
  readonly #layers = new Map<string, DaisyLayers>();

  constructor(backbone: Backbone, options: DaisyFilterFlowOptions) {
    this.#backbone = backbone;
    this.#options = options;
  }

  async correspond(source: Image, target: Image, points: Points): Promise<Matches> {
    if (points.n === 0) return { n: 0, xy: new Float64Array(), score: new Float32Array() };
    const found = followFlow(await this.flow(source, target), points);
    return { ...clampPoints(found, target), score: found.score };
  }

  /** Confidence is 1 less the cost over the largest possible one. */
  async flow(source: Image, target: Image): Promise<Flow> {
    const { source: from, target: to, dx, dy, cost, worst } = await this.solve(source, target);
    const { cols } = from.grid;
    const cells = new Float64Array(dx.length * 2);
    for (let p = 0; p < dx.length; p++) {
      cells[2 * p] = p % cols + dx[p]!;
      cells[2 * p + 1] = Math.floor(p / cols) + dy[p]!;
    }
    const { xy } = clampPoints(toPoints({ n: dx.length, xy: cells }, to), target);
    return { source: from, target: to, data: Float32Array.from(xy), confidence: cost.map((c) => 1 - c / worst) };
  }

  /** The labels themselves, with scale and rotation. */
  async solve(source: Image, target: Image): Promise<Solution & { readonly worst: number }> {
    const { costs, from, to } = this.#options.descriptor === "daisy"
      ? this.#daisy(source, target)
      : await this.#features(source, target);
    const { superpixel, kernel, eps } = this.#options;
    const pixels = this.#options.descriptor === "daisy";
    const guide = pixels ? pixelGuide(source) : cellGuide(source, from);
    const sites = guide.width * guide.height;
    const area = pixels ? superpixel : Math.max(superpixel * sites / (source.width * source.height), FEWEST_CELLS);
    const patches = patchesOf(guide, slic(guide, area), (kernel - 1) / 2, eps);
    return { ...search(costs, patches, this.#options), source: from, target: to, worst: costs.worst };
  }

  async close(): Promise<void> {
    await this.#backbone.close?.();
  }

  #daisy(source: Image, target: Image): { costs: Costs; from: Lattice; to: Lattice } {
    const { scales, rotations } = this.#options;
    const costs = new DaisyCosts(this.#layersOf(source, [1]), this.#layersOf(target, scales), rotations);
    return { costs, from: pixelLattice(source), to: pixelLattice(target) };
  }

  #layersOf(image: Image, scales: readonly number[]): DaisyLayers {
    const key = `${image.sha256} ${image.width}x${image.height} ${scales}`;
    let found = this.#layers.get(key);
    if (found === undefined) {
      if (this.#layers.size >= KEPT) this.#layers.delete(this.#layers.keys().next().value!);
      this.#layers.set(key, found = daisyLayers(image, scales));
    }
    return found;
  }

  async #features(source: Image, target: Image): Promise<{ costs: Costs; from: Lattice; to: Lattice }> {
    const { scales, rotations } = this.#options;
    const maps = await onlyMap.enhance({
      source: await this.#backbone.extract(source),
      target: await this.#backbone.extract(target),
    });
    const targets: FeatureMap[] = [];
    let identity = 0;
    for (const scale of scales) {
      for (const degrees of rotations) {
        if (scale === 1 && degrees === 0) {
          identity = targets.length;
          targets.push(maps.target);
          continue;
        }
        const picture = await changedPicture(target, scale, degrees);
        const { source: map } = await onlyMap.enhance({
          source: await this.#backbone.extract(picture),
          target: [maps.target],
        });
        targets.push(unchangedCells(map, maps.target, target, scale, degrees));
      }
    }
    const counts = { scales: scales.length, rotations: rotations.length, identity };
    return { costs: new MapCosts(maps.source, targets, counts), from: maps.source, to: maps.target };
  }
}

function pixelLattice(size: Size): Lattice {
  const grid = sampledGrid(size.height, size.width, { x: 1, y: 1 }, { x: 0, y: 0 });
  return { frame: identityFrame(size), grid };
}
