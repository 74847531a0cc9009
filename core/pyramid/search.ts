/**
 * The pixel layer's search, block by block: only what a block can meet lies where the operations compute.
 *
 * @module
 */
import type { Block, Size } from "../types.ts";
import type { Ops } from "./grid.ts";

/** Descriptors of a block where the operations compute: [height][width][channels]. The caller frees them. */
export type TakeBlock = (block: Block) => ReturnType<Ops["tensor"]>;

/** Radius and step of the two searches. */
const SEARCHES = [{ radius: 20, step: 4 }, { radius: 4, step: 1 }] as const;
/** Largest side of what is searched at once. */
const PART = 96;
const REACH = SEARCHES.reduce((sum, { radius }) => sum + radius, 0);

/** Descriptors of a map. */
export interface MapData {
  /** [rows][cols][channels] */
  readonly data: Float32Array | Uint8Array;
  readonly cols: number;
  readonly channels: number;
}

/** What a block's cells found. */
export interface BlockFound {
  /** [height][width][2]: displacements (x, y). */
  readonly flow: Int32Array;
  /** [height][width]: distance of the descriptors at both ends. */
  readonly cost: Float32Array;
}

/** Memory that is used again from one search to the next: large arrays that are thrown away stay around for a while. */
export class Room {
  #data: [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>] = [new Float32Array(), new Float32Array()];

  /** One of two arrays, with what was left in it; what was taken before is overwritten. */
  take(which: 0 | 1, length: number): Float32Array<ArrayBuffer> {
    if (this.#data[which].length < length) this.#data[which] = new Float32Array(length);
    return this.#data[which].subarray(0, length);
  }
}

/** Writes the target's descriptors in a rectangle to `out`, [height][width][channels]. */
export type WriteTarget = (crop: Block, out: Float32Array<ArrayBuffer>) => void;

/** Blocks that are written to an array of the room, then uploaded. */
export function uploading(ops: Ops, channels: number, room: Room, which: 0 | 1, write: WriteTarget): TakeBlock {
  return (block) => {
    const shape = [block.bottom - block.top, block.right - block.left, channels];
    const data = room.take(which, shape[0]! * shape[1]! * channels);
    write(block, data);
    return ops.tensor(data, shape);
  };
}

/** What a displacement costs beside the distance. */
export interface SearchWeights {
  /** Per cell of difference from the start. */
  readonly deform: number;
  /** Of leading out of the target. */
  readonly bound: number;
}

/**
 * Two searches around where each cell is predicted to go, the second around what the first found: least distance plus
 * `deform` per cell from the start. Cells are searched alone, so a large block is searched in parts, to save memory.
 *
 * @param predicted [height][width][2]: displacements (x, y) @param size of the target in cells
 */
export async function searchBlock(
  ops: Ops,
  source: TakeBlock,
  block: Block,
  predicted: Int32Array,
  size: Size,
  target: TakeBlock,
  weights: SearchWeights,
): Promise<BlockFound> {
  const width = block.right - block.left, height = block.bottom - block.top;
  const flow = new Int32Array(2 * width * height), cost = new Float32Array(width * height);
  // Parts of about one size, whose memory serves the next one.
  const side = (length: number) => Math.ceil(length / Math.ceil(length / PART));
  for (let top = 0; top < height; top += side(height)) {
    for (let left = 0; left < width; left += side(width)) {
      const wide = Math.min(side(width), width - left), tall = Math.min(side(height), height - top);
      const own = new Int32Array(2 * wide * tall);
      const at = (y: number) => (top + y) * width + left;
      for (let y = 0; y < tall; y++) own.set(predicted.subarray(2 * at(y), 2 * (at(y) + wide)), 2 * y * wide);
      const [x, y] = [block.left + left, block.top + top];
      const part = { left: x, top: y, right: x + wide, bottom: y + tall };
      const found = await searchPart(ops, source, part, own, size, target, weights);
      for (let y = 0; y < tall; y++) {
        flow.set(found.flow.subarray(2 * y * wide, 2 * (y + 1) * wide), 2 * at(y));
        cost.set(found.cost.subarray(y * wide, (y + 1) * wide), at(y));
      }
    }
  }
  return { flow, cost };
}

async function searchPart(
  ops: Ops,
  source: TakeBlock,
  block: Block,
  predicted: Int32Array,
  size: Size,
  target: TakeBlock,
  { deform, bound }: SearchWeights,
): Promise<BlockFound> {
  const crop = cropFor(predicted, block, size);
  using a = await source(block);
  using b = await target(crop);
  // Displacements between the two rectangles' own cells, and back.
  const own = [block.left - crop.left, block.top - crop.top] as const;
  let flow: Int32Array = predicted.map((v, k) => v + own[k & 1]!), cost = new Float32Array(0);
  for (const search of SEARCHES) {
    using found = await ops.windowMatch(a, b, { ...search, start: flow, penalty: deform, outside: bound });
    [flow, cost] = await Promise.all([found.flow.readInts(), found.cost.read()]);
  }
  return { flow: flow.map((v, k) => v - own[k & 1]!), cost };
}

/** Writes the descriptors of a rectangle to `out`: [height][width][channels]. */
export function cut({ data, cols, channels }: MapData, { left, top, right, bottom }: Block, out: Float32Array): void {
  const width = (right - left) * channels;
  for (let y = top; y < bottom; y++) {
    const from = (y * cols + left) * channels;
    out.set(data.subarray(from, from + width), (y - top) * width);
  }
}

/** The part of the target that any search may meet, at least one cell: whatever lies out of it lies out of the target. */
function cropFor(predicted: Int32Array, block: Block, { width, height }: Size): Block {
  let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
  for (let row = block.top, k = 0; row < block.bottom; row++) {
    for (let col = block.left; col < block.right; col++, k += 2) {
      const x = col + predicted[k]!, y = row + predicted[k + 1]!;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
  }
  const range = (first: number, last: number, n: number) => {
    const from = Math.min(Math.max(first - REACH, 0), n - 1);
    return [from, Math.max(Math.min(last + REACH + 1, n), from + 1)] as const;
  };
  const [x0, x1] = range(left, right, width), [y0, y1] = range(top, bottom, height);
  return { left: x0, top: y0, right: x1, bottom: y1 };
}
