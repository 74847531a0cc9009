/**
 * The pixel layer's search, block by block: only what a block can meet lies where the operations compute.
 *
 * @module
 */
import type { Size } from "../types.ts";
import type { Ops } from "./grid.ts";

/** Radius and step of the two searches. */
const SEARCHES = [{ radius: 20, step: 4 }, { radius: 4, step: 1 }] as const;
const REACH = SEARCHES.reduce((sum, { radius }) => sum + radius, 0);

/** A rectangle of cells; right and bottom are excluded. */
export interface Block {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Descriptors of a map. */
export interface MapData {
  /** [rows][cols][channels] */
  readonly data: Float32Array;
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

/**
 * Two searches around where each cell is predicted to go, the second around what the first found: least distance plus
 * `deform` per cell from the start.
 *
 * @param predicted [height][width][2]: displacements (x, y) @param size of the target in cells
 * @param target gives the target's descriptors in a rectangle
 */
export async function searchBlock(
  ops: Ops,
  source: MapData,
  block: Block,
  predicted: Int32Array,
  size: Size,
  target: (crop: Block) => Float32Array<ArrayBuffer>,
  { deform, bound }: { readonly deform: number; readonly bound: number },
): Promise<BlockFound> {
  const n = source.channels, crop = cropFor(predicted, block, size);
  using a = await ops.tensor(cut(source, block), [block.bottom - block.top, block.right - block.left, n]);
  using b = await ops.tensor(target(crop), [crop.bottom - crop.top, crop.right - crop.left, n]);
  // Displacements between the two rectangles' own cells, and back.
  const own = [block.left - crop.left, block.top - crop.top] as const;
  let flow: Int32Array = predicted.map((v, k) => v + own[k & 1]!), cost = new Float32Array(0);
  for (const search of SEARCHES) {
    using found = await ops.windowMatch(a, b, { ...search, start: flow, penalty: deform, outside: bound });
    [flow, cost] = await Promise.all([found.flow.readInts(), found.cost.read()]);
  }
  return { flow: flow.map((v, k) => v - own[k & 1]!), cost };
}

/** The descriptors of a rectangle: [height][width][channels]. */
export function cut({ data, cols, channels }: MapData, { left, top, right, bottom }: Block): Float32Array<ArrayBuffer> {
  const width = (right - left) * channels, out = new Float32Array(width * (bottom - top));
  for (let y = top; y < bottom; y++) {
    const from = (y * cols + left) * channels;
    out.set(data.subarray(from, from + width), (y - top) * width);
  }
  return out;
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
