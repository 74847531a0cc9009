import { extractPair, onlyMap } from "../../../core/compose.ts";
import { clampPoints, identityFrame, sampledGrid, toPoints } from "../../../core/frame.ts";
import { resizePil } from "../../../core/image/resize.ts";
import { followFlow } from "../../../core/match/sample.ts";
import type { Backbone, FeatureMap, Flow, Image, Lattice, Matches, Method, Points, Size } from "../../../core/types.ts";
import { changedPicture, unchangedCells } from "./changed.ts";
import { type Border, type DaisyLayers, daisyLayers } from "./daisy.ts";
import { cellGuide, pixelGuide } from "./guide.ts";
import {
  type Coarser,
  daisyProblem,
  featureProblem,
  type Labels,
  type Ops,
  search,
  type SearchOptions,
} from "./solver.ts";

/** How pictures are matched. */
export interface DaisyFilterFlowOptions extends Omit<SearchOptions, "area"> {
  /** DAISY at every pixel, or the backbone's features at its cells. */
  readonly descriptor: "daisy" | "backbone";
  /** Pixels per superpixel. */
  readonly superpixel: number;
  readonly border: Border;
  /** Levels of the pyramid of pictures, each half as large as the one before. */
  readonly levels: number;
  /** Size of DAISY on the source, in units of the usual radius of 16 pixels. */
  readonly size: number;
}

/** The labels of all sites, where these lie, and how low the energy fell. */
export interface Solution extends Labels {
  readonly from: Lattice;
  readonly to: Lattice;
}

/** Sites a superpixel of cells has at least. */
const FEWEST_CELLS = 9;
/** Bytes of histograms that are kept, since a benchmark shows the same picture in many pairs. */
const KEPT = 128e6;

/** DAISY Filter Flow on two pictures; see the plugin for its behaviour on unusual ones. */
export class DaisyFilterFlow implements Method {
  readonly #backbone: Backbone;
  readonly #ops: Ops;
  readonly #options: DaisyFilterFlowOptions;
  readonly #layers = new Map<string, DaisyLayers>();

  constructor(backbone: Backbone, ops: Ops, options: DaisyFilterFlowOptions) {
    this.#backbone = backbone;
    this.#ops = ops;
    this.#options = options;
  }

  async correspond(source: Image, target: Image, points: Points): Promise<Matches> {
    if (points.n === 0) return { n: 0, xy: new Float64Array(), score: new Float32Array() };
    const found = followFlow(await this.flow(source, target), points);
    return { ...clampPoints(found, target), score: found.score };
  }

  /** Confidence is 1 less the smoothed cost over the largest cost, 0..1. */
  async flow(source: Image, target: Image): Promise<Flow> {
    const { from, to, target: cells, cost } = await this.solve(source, target);
    const { xy } = clampPoints(toPoints({ n: cost.length, xy: cells }, to), target);
    const confidence = cost.map((c) => Math.min(Math.max(1 - c, 0), 1));
    return { source: from, target: to, data: Float32Array.from(xy), confidence };
  }

  /** The labels themselves, with scale and rotation. */
  async solve(source: Image, target: Image): Promise<Solution> {
    const { superpixel, descriptor, size, scales } = this.#options;
    if (descriptor === "daisy") {
      let before: Coarser | undefined;
      for (let level = this.#options.levels - 1; level >= 0; level--) {
        const [own, other] = [shrunk(source, level), shrunk(target, level)];
        const layers = {
          source: this.#layersOf(own, [size]),
          target: this.#layersOf(other, scales.map((scale) => scale * size)),
        };
        const problem = daisyProblem(layers, this.#options.rotations, this.#options.border);
        const options = { ...this.#options, area: superpixel };
        const labels: Labels = await search(this.#ops, problem, pixelGuide(own), options, before);
        before = { labels, size: { source: own, target: other } };
      }
      return { ...before!.labels, from: pixelLattice(source), to: pixelLattice(target) };
    }
    const { from, targets } = await this.#features(source, target);
    const guide = cellGuide(source, from);
    // Superpixels and the filter keep their size in pixels, as far as cells allow.
    const perSite = source.width * source.height / (guide.width * guide.height);
    const area = Math.max(superpixel / perSite, FEWEST_CELLS);
    const radius = Math.max(Math.round(this.#options.radius / Math.sqrt(perSite)), Math.min(this.#options.radius, 1));
    const options = { ...this.#options, area, radius };
    return { ...await search(this.#ops, featureProblem(from, targets), guide, options), from, to: targets[0]! };
  }

  async close(): Promise<void> {
    await this.#backbone.close?.();
  }

  #layersOf(image: Image, scales: readonly number[]): DaisyLayers {
    const key = `${image.sha256} ${image.width}x${image.height} ${scales}`;
    let found = this.#layers.get(key);
    if (found !== undefined) return found;
    found = daisyLayers(image, scales);
    this.#layers.set(key, found);
    let bytes = 0;
    for (const { layers, width, height } of this.#layers.values()) bytes += layers.length * width * height * 8;
    for (const [oldest, { layers, width, height }] of this.#layers) {
      if (bytes <= KEPT || oldest === key) break;
      this.#layers.delete(oldest);
      bytes -= layers.length * width * height * 8;
    }
    return found;
  }

  async #features(source: Image, target: Image): Promise<{ from: FeatureMap; targets: FeatureMap[] }> {
    const { scales, rotations } = this.#options;
    const maps = await onlyMap.enhance(await extractPair(this.#backbone, source, target));
    const targets: FeatureMap[] = [];
    for (const scale of scales) {
      for (const degrees of rotations) {
        if (scale === 1 && degrees === 0) {
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
    return { from: maps.source, targets };
  }
}

/** The picture at a level of the pyramid. */
function shrunk(image: Image, level: number): Image {
  if (level === 0) return image;
  const side = (length: number) => Math.max(Math.round(length / 2 ** level), 1);
  const size = { width: side(image.width), height: side(image.height) };
  return { ...image, ...size, data: resizePil(image, size, "bicubic") };
}

function pixelLattice(size: Size): Lattice {
  const grid = sampledGrid(size.height, size.width, { x: 1, y: 1 }, { x: 0, y: 0 });
  return { frame: identityFrame(size), grid };
}
