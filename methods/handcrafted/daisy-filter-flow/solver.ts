/**
 * From descriptors and superpixels to labels, by the native operation `filterFlow`.
 *
 * @module
 */
import type { FeatureMap, MethodContext, Pair, Size } from "../../../core/types.ts";
import { unit } from "./changed.ts";
import { type Border, daisyDescriptors, type DaisyLayers, daisyPlaces, padded, PARTS } from "./daisy.ts";
import { type Guide, packed } from "./guide.ts";
import { linksOf } from "./links.ts";
import { slic } from "./superpixels.ts";

/** The operations of a context. */
export type Ops = Awaited<ReturnType<MethodContext["ops"]>>;

/** How long and how widely the search goes. */
export interface SearchOptions {
  readonly scales: readonly number[];
  /** Degrees from +x towards +y. */
  readonly rotations: readonly number[];
  readonly iterations: number;
  readonly seed: number;
  /** What the reach over scales and rotations is divided by from one random candidate to the next. */
  readonly ratio: number;
  /** Half a side of the filter's square, without its middle, in sites. */
  readonly radius: number;
  /** Squared grey levels. */
  readonly eps: number;
  /** Sites per superpixel. */
  readonly area: number;
  /** Cost of every site away from the stretch of one picture onto the other, or from where the level before led. */
  readonly stay: number;
  /** How far random labels of a finer level lead away from the present one, in sites. */
  readonly near: number;
}

/** The best label of every source site. */
export interface Labels {
  /** [height][width][2]: where it leads, in target sites. */
  readonly target: Float64Array;
  /** [height][width]: index of the change, counted [scale][rotation]. */
  readonly change: Int32Array;
  /** [height][width]: smoothed cost over the largest cost; 1 where no label led into the target. */
  readonly cost: Float32Array;
  /** Mean of that after the start and after every iteration; it never rises. */
  readonly energy: readonly number[];
}

/** Labels of smaller pictures, and the sizes of these. */
export interface Coarser {
  readonly labels: Labels;
  readonly size: Pair<Size>;
}

/** Descriptors, ready for the operation. */
interface Descriptors {
  readonly source: Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  readonly sourceShape: number[];
  readonly target: Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  readonly targetShape: number[];
  readonly size: Size;
  readonly reach: number;
  /** Of every change: shift and places. */
  readonly reads: readonly ReturnType<typeof daisyPlaces>[];
}

/** Units of the operation: of changes, of costs, and what it gives where no label led into the target. */
const CHANGE = 2 ** 20, FINE = 256, COST = 3825 * FINE, NOWHERE = 2 ** 31 - 1;

/** @param layers the source's of one scale, the target's of all changes of it */
export function daisyProblem(layers: Pair<DaisyLayers>, rotations: readonly number[], border: Border): Descriptors {
  const { source, target } = layers;
  const reads = target.scales.flatMap((s, i) =>
    rotations.map((degrees) => {
      const { shift, places } = daisyPlaces(s, degrees);
      return { shift, places: places.map(([ring, dx, dy]) => [2 * i + ring, dx, dy] as const) };
    })
  );
  const reach = Math.max(
    ...reads.flatMap(({ places }) => places.flatMap(([, dx, dy]) => [Math.abs(dx), Math.abs(dy)])),
  );
  const pad = 2 * reach + 1;
  return {
    source: new Int32Array(daisyDescriptors(source, border).buffer),
    sourceShape: [source.height, source.width, 2 * PARTS],
    target: new Int32Array(padded(target, pad, border).buffer),
    targetShape: [target.layers.length, target.height + 2 * pad, target.width + 2 * pad, 2],
    size: { width: target.width, height: target.height },
    reach,
    reads,
  };
}

/** @param targets the target's features under every change, on the unchanged target's cells */
export function featureProblem(source: FeatureMap, targets: readonly FeatureMap[]): Descriptors {
  const { rows, cols } = targets[0]!.grid, { channels } = source;
  const all = new Float32Array(targets.length * rows * cols * channels);
  targets.forEach(({ data }, i) => all.set(unit(data, channels), i * rows * cols * channels));
  return {
    source: unit(source.data, channels),
    sourceShape: [source.grid.rows, source.grid.cols, channels],
    target: all,
    targetShape: [targets.length, rows, cols, channels],
    size: { width: cols, height: rows },
    reach: 0,
    reads: targets.map(() => ({ shift: 0, places: [] })),
  };
}

/**
 * The label of lowest smoothed cost among those tried, for every site of the guide. Every superpixel starts from the
 * stretch of one picture onto the other at its middle (no displacement, where sizes are equal).
 */
export async function search(
  ops: Ops,
  given: Descriptors,
  guide: Guide,
  options: SearchOptions,
  before?: Coarser,
): Promise<Labels> {
  const { scales, rotations, iterations, seed, ratio, radius, eps, area, near, stay } = options;
  const { width, height } = guide;
  const superpixels = slic(guide, area);
  const links = linksOf(guide, superpixels, seed);
  // The operation takes 64; a superpixel among that many of its colour loses little.
  const most = Math.min(Math.max(...links.map((own) => own.length)), 64);
  const link = new Int32Array(superpixels.count * most).fill(-1);
  links.forEach((own, k) => link.set(own.slice(0, most), k * most));
  const turns = scales.flatMap((s) =>
    rotations.map((degrees) => {
      const angle = degrees * Math.PI / 180;
      return [Math.round(CHANGE * s * Math.cos(angle)), Math.round(CHANGE * s * Math.sin(angle))] as const;
    })
  );
  const change = Int32Array.from(
    turns.flatMap((turn, c) => [...turn, given.reads[c]!.shift, ...given.reads[c]!.places.flat()]),
  );
  const home = before === undefined ? stretched(guide, given.size) : carriedOn(guide, given.size, turns, before);
  const found = await ops.filterFlow({
    source: { data: given.source, shape: given.sourceShape },
    target: { data: given.target, shape: given.targetShape },
    targetSize: given.size,
    change,
    changes: turns.length,
    rotations: rotations.length,
    reach: given.reach,
    guide: packed(guide),
    superpixel: superpixels.labels,
    count: superpixels.count,
    link,
    start: startsOf(guide, superpixels, turns, home, before),
    home,
    stay: Math.round(stay * FINE),
    radius,
    eps,
    iterations,
    search: before === undefined ? Math.min(width, height) : near,
    ratio,
    seed,
  });
  const label = await found.label.takeInts(), costs = await found.cost.takeInts(), sums = await found.energy.takeInts();
  const target = new Float64Array(2 * costs.length);
  for (let p = 0; p < costs.length; p++) {
    const x = p % width, y = Math.floor(p / width), [c, s] = turns[label[3 * p + 2]!]!;
    target[2 * p] = (c * x - s * y) / CHANGE + label[3 * p]!;
    target[2 * p + 1] = (s * x + c * y) / CHANGE + label[3 * p + 1]!;
  }
  return {
    target,
    change: Int32Array.from(costs, (_, p) => label[3 * p + 2]!),
    cost: Float32Array.from(costs, (value) => value === NOWHERE ? 1 : value / COST),
    energy: Array.from(
      { length: iterations + 1 },
      (_, i) => (sums[2 * i]! * 2 ** 24 + sums[2 * i + 1]!) / COST / (width * height),
    ),
  };
}

/** [height][width][2]: the target site at every site's place in the other picture. */
function stretched({ width, height }: Size, target: Size): Int32Array<ArrayBuffer> {
  const out = new Int32Array(2 * width * height);
  for (let p = 0; p < width * height; p++) {
    out[2 * p] = Math.floor((p % width + 0.5) * target.width / width);
    out[2 * p + 1] = Math.floor((Math.floor(p / width) + 0.5) * target.height / height);
  }
  return out;
}

/** [height][width][2]: where the smaller pictures' nearest site led, and by its change from there to the site itself. */
function carriedOn(
  { width, height }: Size,
  target: Size,
  turns: readonly (readonly [number, number])[],
  { labels, size }: Coarser,
): Int32Array<ArrayBuffer> {
  const out = new Int32Array(2 * width * height);
  const small = size.source;
  for (let p = 0; p < width * height; p++) {
    const from = cellBelow(p, width, height, small), [c, s] = turns[labels.change[from]!]!;
    const dx = p % width + 0.5 - (from % small.width + 0.5) * width / small.width;
    const dy = Math.floor(p / width) + 0.5 - (Math.floor(from / small.width) + 0.5) * height / small.height;
    const x = (labels.target[2 * from]! + 0.5) * target.width / size.target.width - 0.5;
    const y = (labels.target[2 * from + 1]! + 0.5) * target.height / size.target.height - 0.5;
    out[2 * p] = Math.round(x + (c * dx - s * dy) / CHANGE);
    out[2 * p + 1] = Math.round(y + (s * dx + c * dy) / CHANGE);
  }
  return out;
}

/** Index of the smaller picture's site at a site of the larger one. */
function cellBelow(p: number, width: number, height: number, small: Size): number {
  const x = Math.floor((p % width + 0.5) * small.width / width);
  return Math.floor((Math.floor(p / width) + 0.5) * small.height / height) * small.width + x;
}

/** First labels, [count][3]: they lead the middle of each superpixel home, changed as on the level before or not at all. */
function startsOf(
  { width, height }: Size,
  { count, labels }: { readonly count: number; readonly labels: Int32Array },
  turns: readonly (readonly [number, number])[],
  home: Int32Array,
  before: Coarser | undefined,
): Int32Array<ArrayBuffer> {
  const identity = turns.reduce((best, [c, s], k) => {
    const far = ([c, s]: readonly [number, number]) => Math.hypot(c - CHANGE, s);
    return far([c, s]) < far(turns[best]!) ? k : best;
  }, 0);
  const sites = Array.from({ length: count }, (): number[] => []);
  labels.forEach((k, p) => sites[k]!.push(p));
  return Int32Array.from(sites.flatMap((own) => {
    const p = own[own.length >> 1]!, x = p % width, y = Math.floor(p / width);
    const index = before === undefined
      ? identity
      : before.labels.change[cellBelow(p, width, height, before.size.source)]!;
    const [c, s] = turns[index]!;
    return [
      home[2 * p]! - Math.round((c * x - s * y) / CHANGE),
      home[2 * p + 1]! - Math.round((s * x + c * y) / CHANGE),
      index,
    ];
  }));
}
