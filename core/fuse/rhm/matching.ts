/**
 * Regularised Hough matching of hyperpixels (Min, Lee, Ponce, Cho: "Hyperpixel Flow", ICCV 2019).
 *
 * @module
 */
import type { Ops } from "../../../ffi/mod.ts";
import type { FeatureMap, Pair, Size } from "../../types.ts";
import { type Boxes, type Field, receptiveFields, withinMargin } from "./receptive_fields.ts";

/** Descriptors and what they see. */
export interface Hyperpixels {
  readonly boxes: Boxes;
  /** [boxes.n][channels] */
  readonly descriptors: Float32Array;
  readonly channels: number;
  /** The picture the network saw. */
  readonly size: Size;
}

/** Where offsets are counted: bins of `cell` x `cell` pixels, `nx` across and `ny` down. */
export interface OffsetSpace {
  readonly cell: number;
  readonly nx: number;
  readonly ny: number;
}

/**
 * Hyperpixels of a joined map.
 *
 * @param prune leaves out cells whose field reaches beyond the picture by more than a jump, as HPF does everywhere but
 * on Caltech-101.
 */
export function hyperpixelsOf(map: FeatureMap, field: Field, prune: boolean): Hyperpixels {
  const { channels, data, grid, frame: { network: size } } = map;
  const all = receptiveFields(grid, field);
  const kept = prune ? withinMargin(all, size, field.jump) : Int32Array.from({ length: all.n }, (_, i) => i);
  if (kept.length === all.n) return { boxes: all, descriptors: data, channels, size };
  const xyxy = new Float32Array(4 * kept.length);
  const descriptors = new Float32Array(channels * kept.length);
  kept.forEach((cell, i) => {
    xyxy.set(all.xyxy.subarray(4 * cell, 4 * cell + 4), 4 * i);
    descriptors.set(data.subarray(cell * channels, (cell + 1) * channels), i * channels);
  });
  return { boxes: { n: kept.length, xyxy }, descriptors, channels, size };
}

/** Bins for the offsets of two pictures: as many as make about `bins` squares of their joint extent. */
export function offsetSpace(source: Size, target: Size, bins = 8192): OffsetSpace {
  const width = source.width + target.width;
  const height = source.height + target.height;
  const cell = Math.sqrt(width * height / bins);
  return { cell, nx: Math.trunc(width / cell) + 1, ny: Math.trunc(height / cell) + 1 };
}

/** A Gaussian of `side` x `side` that sums to 1; its full width at half maximum is half the side. */
export function smoothingFilter(side = 7): Float32Array {
  const sigma = side / 2 / 2.354;
  const middle = (side - 1) / 2;
  const filter = Float32Array.from({ length: side * side }, (_, i) => {
    const x = i % side - middle, y = Math.floor(i / side) - middle;
    return Math.exp(-(x * x + y * y) / (2 * sigma * sigma));
  });
  const sum = filter.reduce((a, b) => a + b);
  return filter.map((value) => value / sum);
}

/** Centres of boxes, [n][2]; halves are rounded down. */
export function centres({ n, xyxy }: Boxes): Float32Array {
  const xy = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    for (let side = 0; side < 2; side++) {
      const low = xyxy[4 * i + side]!, high = xyxy[4 * i + side + 2]!;
      xy[2 * i + side] = low + Math.floor((high - low) / 2);
    }
  }
  return xy;
}

/** How {@linkcode appearance} and {@linkcode houghConfidence} weigh. */
export interface RhmOptions {
  /** Similarities are raised to this. Default 3. */
  readonly power?: number;
  /** About how many bins the space of offsets has. Default 8192. */
  readonly bins?: number;
}

/** Votes for all pairs: cosines, negative ones 0, raised to a power. @returns [source boxes][target boxes] */
export async function appearance(
  ops: Ops,
  { source, target }: Pair<Hyperpixels>,
  { power = 3 }: RhmOptions = {},
): Promise<Float32Array<ArrayBuffer>> {
  const input = ({ descriptors, boxes, channels }: Hyperpixels) => ({ data: descriptors, shape: [boxes.n, channels] });
  using cosines = await ops.correlate(input(source), input(target), { norm: { rule: "plus", eps: 0 }, relu: true });
  const votes = await cosines.read();
  if (power === 3) { for (let i = 0; i < votes.length; i++) votes[i] = votes[i]! * votes[i]! * votes[i]!; }
  else for (let i = 0; i < votes.length; i++) votes[i] = votes[i]! ** power;
  return votes;
}

/**
 * What source hyperpixels add to an offset: the picture's size minus their centre, so that no sum is negative.
 *
 * @returns [n][2]
 */
export function mirroredCentres({ boxes, size }: Hyperpixels): Float32Array {
  return centres(boxes).map((value, i) => (i % 2 === 0 ? size.width : size.height) - value);
}

/**
 * Votes weighed by how many pairs agree on their offset.
 *
 * @param votes [source boxes][target boxes]
 * @returns the same shape
 */
export async function houghConfidence(
  ops: Ops,
  votes: Float32Array,
  { source, target }: Pair<Hyperpixels>,
  { bins }: RhmOptions = {},
): Promise<Float32Array<ArrayBuffer>> {
  const filter = smoothingFilter();
  using result = await ops.hough({ data: votes, shape: [source.boxes.n, target.boxes.n] }, {
    source: { data: mirroredCentres(source), shape: [source.boxes.n, 2] },
    target: { data: centres(target.boxes), shape: [target.boxes.n, 2] },
    filter: { data: filter, shape: [7, 7] },
    ...offsetSpace(source.size, target.size, bins),
  });
  return await result.confidence.read();
}
