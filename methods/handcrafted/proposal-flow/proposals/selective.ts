import type { Image, Size } from "../../../../core/types.ts";
import { channelsOf, type ColourSpace } from "./colour.ts";
import { uniform } from "./random.ts";
import { segment, type Segments } from "./segment.ts";

/** Diverse starts: colour space, and the preference of the segmentation for large parts. */
const STRATEGIES: readonly (readonly [ColourSpace, number])[] = [["lab", 100], ["hsv", 100], ["lab", 50], ["hsv", 50]];
const SIGMA = 0.8;
const MINIMUM_PART = 50;

/** Histograms: 25 bins per colour channel; 10 bins of each of 8 directions of the gradient per channel. */
const COLOUR_BINS = 25, DIRECTIONS = 8, TEXTURE_BINS = 10;
const COLOURS = 3 * COLOUR_BINS;
const LENGTH = COLOURS + 3 * DIRECTIONS * TEXTURE_BINS;
/** Derivatives above this many grey levels per pixel share the last bin. */
const STEEPEST = 64;

interface Region {
  size: number;
  box: [number, number, number, number];
  /** [75 colour + 240 texture], each part summing to 1. */
  histogram: Float32Array;
  readonly neighbours: Set<number>;
}

/**
 * Object proposals by grouping, after Selective Search (Uijlings et al., IJCV 2013): graph-based segments, of which the
 * two most similar neighbours merge again and again; similar by colour, texture, small size and how well they fill their
 * common box. The boxes of all segments and all merged regions are proposals.
 *
 * Boxes come in the order of the paper: by their place from the top of their hierarchy times a number drawn at random
 * from `seed`, so that a cut list holds mostly large regions without leaving out any size.
 *
 * @returns rows of [x1, y1, x2, y2], with repeats
 */
export function selectiveBoxes(image: Image, seed: number): number[][] {
  const random = uniform(seed);
  const ranked: { box: number[]; rank: number }[] = [];
  for (const [space, k] of STRATEGIES) {
    const channels = channelsOf(image, space, SIGMA);
    const regions = group(describe(channels, segment(channels, image, k, MINIMUM_PART), image), image);
    regions.reverse().forEach(({ box }, place) => ranked.push({ box, rank: (place + 1) * random() }));
  }
  return ranked.sort((a, b) => a.rank - b.rank).map(({ box }) => box);
}

/** The regions of the first division. */
function describe(channels: readonly Float32Array[], { count, labels }: Segments, { width, height }: Size): Region[] {
  const regions = Array.from({ length: count }, (): Region => ({
    size: 0,
    box: [width, height, -1, -1],
    histogram: new Float32Array(LENGTH),
    neighbours: new Set(),
  }));
  const cos = Float64Array.from({ length: DIRECTIONS }, (_, k) => Math.cos(2 * Math.PI * k / DIRECTIONS));
  const sin = Float64Array.from({ length: DIRECTIONS }, (_, k) => Math.sin(2 * Math.PI * k / DIRECTIONS));
  for (let y = 0, p = 0; y < height; y++) {
    const up = y > 0 ? -width : 0, down = y + 1 < height ? width : 0;
    for (let x = 0; x < width; x++, p++) {
      const label = labels[p]!;
      const { box, histogram, neighbours } = regions[label]!;
      regions[label]!.size++;
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
      const left = x > 0 ? -1 : 0, right = x + 1 < width ? 1 : 0;
      for (const other of [labels[p + right]!, labels[p + down]!]) {
        if (other === label) continue;
        neighbours.add(other);
        regions[other]!.neighbours.add(label);
      }
      for (let c = 0; c < 3; c++) {
        const plane = channels[c]!;
        histogram[c * COLOUR_BINS + bin(plane[p]!, 256, COLOUR_BINS)]!++;
        const dx = (plane[p + right]! - plane[p + left]!) / 2, dy = (plane[p + down]! - plane[p + up]!) / 2;
        for (let k = 0; k < DIRECTIONS; k++) {
          const value = dx * cos[k]! + dy * sin[k]!;
          histogram[COLOURS + (c * DIRECTIONS + k) * TEXTURE_BINS + bin(value, STEEPEST, TEXTURE_BINS)]!++;
        }
      }
    }
  }
  for (const { size, histogram } of regions) {
    for (let i = 0; i < LENGTH; i++) histogram[i]! /= size * (i < COLOURS ? 3 : 3 * DIRECTIONS);
  }
  return regions;
}

function bin(value: number, range: number, bins: number): number {
  return Math.min(Math.max(Math.floor(value * bins / range), 0), bins - 1);
}

/** All regions of the hierarchy, the whole picture last. */
function group(regions: Region[], { width, height }: Size): Region[] {
  const area = width * height;
  const pairs: { a: number; b: number; value: number }[] = [];
  const consider = (a: number, b: number) => pairs.push({ a, b, value: likeness(regions[a]!, regions[b]!, area) });
  regions.forEach(({ neighbours }, a) => neighbours.forEach((b) => a < b && consider(a, b)));
  while (pairs.length > 0) {
    let best = 0;
    for (let i = 1; i < pairs.length; i++) if (pairs[i]!.value > pairs[best]!.value) best = i;
    const { a, b } = pairs[best]!;
    const merged = regions.length;
    regions.push(merge(regions[a]!, regions[b]!, a, b));
    let kept = 0;
    for (const pair of pairs) {
      if (pair.a !== a && pair.b !== a && pair.a !== b && pair.b !== b) pairs[kept++] = pair;
    }
    pairs.length = kept;
    for (const other of regions[merged]!.neighbours) {
      const { neighbours } = regions[other]!;
      neighbours.delete(a);
      neighbours.delete(b);
      neighbours.add(merged);
      consider(other, merged);
    }
  }
  return regions;
}

/** Sum of four terms in [0, 1] (equations 2 to 6 of the paper). */
function likeness(a: Region, b: Region, area: number): number {
  let common = 0;
  for (let i = 0; i < LENGTH; i++) common += Math.min(a.histogram[i]!, b.histogram[i]!);
  const [x1, y1, x2, y2] = around(a.box, b.box);
  const filled = 1 - ((x2 - x1 + 1) * (y2 - y1 + 1) - a.size - b.size) / area;
  return common + 1 - (a.size + b.size) / area + filled;
}

function merge(a: Region, b: Region, indexA: number, indexB: number): Region {
  const size = a.size + b.size;
  const histogram = a.histogram.map((value, i) => (value * a.size + b.histogram[i]! * b.size) / size);
  const neighbours = a.neighbours.union(b.neighbours);
  neighbours.delete(indexA);
  neighbours.delete(indexB);
  return { size, box: around(a.box, b.box), histogram, neighbours };
}

function around(a: Region["box"], b: Region["box"]): Region["box"] {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}
