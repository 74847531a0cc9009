/**
 * Descriptors as dense deformable matching takes them: some of all cells, then block by block.
 *
 * @module
 */
import type { ByteMap, FeatureMap, PartMap, Size } from "../types.ts";
import { type Ops, sampleCells } from "./grid.ts";
import { cut, type Room, type TakeBlock, uploading } from "./search.ts";

/** Descriptors of a picture, whole or as what they are made from. */
export type Described = FeatureMap | ByteMap | PartMap;

/** Descriptors in use. Free them with `using`. */
export interface Descriptors extends Disposable {
  /** Cells per axis. */
  readonly size: Size;
  /** Every `step`-th cell, [rows][cols][channels]: all that a grid layer looks at. The caller frees them. */
  sampled(step: number): ReturnType<TakeBlock>;
  readonly take: TakeBlock;
}

/**
 * Opens a map, or what a map is made from: then only blocks in use take memory.
 *
 * @param room, which memory that blocks of a map pass through
 */
export async function openDescriptors(
  ops: Ops,
  map: Described,
  room: Room,
  which: 0 | 1,
): Promise<Descriptors> {
  const { rows, cols } = map.grid, size = { width: cols, height: rows };
  if ("open" in map) {
    const parts = await map.open(ops);
    return {
      size,
      sampled: (step) => parts.part({ left: 0, top: 0, right: cols, bottom: rows }, step),
      take: (block) => parts.part(block),
      [Symbol.dispose]: () => parts[Symbol.dispose](),
    };
  }
  const { data, channels } = map, whole = { data, channels, rows, cols };
  return {
    size,
    sampled(step) {
      const { data, shape } = sampleCells(whole, step);
      return ops.tensor(data, shape);
    },
    take: uploading(ops, channels, room, which, (block, out) => cut(whole, block, out)),
    [Symbol.dispose]: () => {},
  };
}
