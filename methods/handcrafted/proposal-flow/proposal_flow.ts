import { extractPair, onlyMap } from "../../../core/compose.ts";
import { identityFrame, sampledGrid } from "../../../core/frame.ts";
import type { Backbone, Flow, Image, Lattice, Matches, Method, Points, Size } from "../../../core/types.ts";
import type { Boxes } from "./boxes.ts";
import { denseField, type Field } from "./field.ts";
import { bestMatches } from "./match/best.ts";
import { type LocalOffset, localOffset } from "./match/lom.ts";
import { naiveAppearance } from "./match/nam.ts";
import { probabilisticHough } from "./match/phm.ts";
import type { Regions } from "./match/types.ts";
import { CHANNELS, REGION_LENGTH, regionHog, type WindowResize } from "./region/hog.ts";
import { commonMean, pooledRegions } from "./region/pooled.ts";
import { centred } from "./region/centre.ts";
import { similarities } from "./region/similarity.ts";
import { transferPoints } from "./transfer.ts";

/** Names of the matchers. */
export const MATCHERS = ["nam", "phm", "lom"] as const;
export type MatcherName = typeof MATCHERS[number];

/** How pictures are matched. */
export interface ProposalFlowOptions {
  readonly matcher: MatcherName;
  readonly localOffset: LocalOffset;
  /** HOG of the stretched box, or pooled features of the backbone. */
  readonly region: "hog" | "pooled";
  readonly window: WindowResize;
  /** HOG less the mean cell of both pictures' regions. */
  readonly centre: boolean;
  /** Parts of a pooled region on a side. */
  readonly pool: number;
  readonly boxesOf: (image: Image) => Boxes;
}

/** Pictures whose boxes and descriptors are kept, since a benchmark shows the same picture in many pairs. */
const KEPT = 32;

/** Proposal Flow on two pictures; see the plugin for its behaviour on unusual ones. */
export class ProposalFlow implements Method {
  readonly identity: string;
  readonly #backbone: Backbone;
  readonly #options: ProposalFlowOptions;
  readonly #kept = new Map<string, { boxes: Boxes; hog?: Float32Array }>();

  /** @param identity what changes results beyond the options: the hash of given boxes, or an empty text. */
  constructor(backbone: Backbone, options: ProposalFlowOptions, identity = "") {
    this.#backbone = backbone;
    this.#options = options;
    this.identity = identity;
  }

  async correspond(source: Image, target: Image, points: Points): Promise<Matches> {
    if (points.n === 0) return { n: 0, xy: new Float64Array(), score: new Float32Array() };
    const { n, xy, score } = transferPoints(await this.#field(source, target), source, target, points);
    return { n, xy, score };
  }

  async flow(source: Image, target: Image): Promise<Flow> {
    const { xy, confidence } = await this.#field(source, target);
    return { source: lattice(source), target: lattice(target), data: xy, confidence };
  }

  async close(): Promise<void> {
    await this.#backbone.close?.();
  }

  async #field(source: Image, target: Image): Promise<Field> {
    const { matcher, localOffset: form } = this.#options;
    const a = this.#regions(source), b = this.#regions(target);
    const regions: Regions = {
      source: { size: source, boxes: a.boxes },
      target: { size: target, boxes: b.boxes },
      similarity: await this.#similarity(source, target, a, b),
    };
    const confidence = matcher === "nam"
      ? naiveAppearance(regions)
      : matcher === "phm"
      ? probabilisticHough(regions)
      : localOffset(regions, form);
    return denseField(regions.source, regions.target, bestMatches(confidence, a.boxes.n, b.boxes.n));
  }

  async #similarity(source: Image, target: Image, a: { boxes: Boxes }, b: { boxes: Boxes }): Promise<Float64Array> {
    if (a.boxes.n === 0 || b.boxes.n === 0) return new Float64Array(0);
    if (this.#options.region === "hog") {
      const first = this.#hog(source, a), second = this.#hog(target, b);
      if (this.#options.centre) return similarities(...centred(first, second, CHANNELS), REGION_LENGTH);
      return similarities(first, second, REGION_LENGTH);
    }
    const maps = await onlyMap.enhance(await extractPair(this.#backbone, source, target));
    const { pool } = this.#options;
    const mean = commonMean(maps);
    const first = pooledRegions(maps.source, a.boxes, pool, mean);
    return similarities(first, pooledRegions(maps.target, b.boxes, pool, mean), pool * pool * mean.length);
  }

  #regions(image: Image): { boxes: Boxes; hog?: Float32Array } {
    const key = `${image.sha256} ${image.width}x${image.height} ${image.origin}`;
    let found = this.#kept.get(key);
    if (found === undefined) {
      found = { boxes: this.#options.boxesOf(image) };
      if (this.#kept.size >= KEPT) this.#kept.delete(this.#kept.keys().next().value!);
      this.#kept.set(key, found);
    }
    return found;
  }

  #hog(image: Image, regions: { boxes: Boxes; hog?: Float32Array }): Float32Array {
    return regions.hog ??= regionHog(image, regions.boxes, this.#options.window);
  }
}

function lattice(size: Size): Lattice {
  const grid = sampledGrid(size.height, size.width, { x: 1, y: 1 }, { x: 0, y: 0 });
  return { frame: identityFrame(size), grid };
}
