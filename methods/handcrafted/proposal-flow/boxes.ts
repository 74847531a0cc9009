/**
 * Boxes in a picture, the unit Proposal Flow matches.
 *
 * @module
 */
import type { Size } from "../../../core/types.ts";

/** `n` boxes in pixels of the original picture, by the centres of their corner pixels. */
export interface Boxes {
  readonly n: number;
  /** [n][4]: left, top, right, bottom; the right and bottom pixels belong to the box. */
  readonly xyxy: Float64Array;
}

/** Boxes from [x1, y1, x2, y2] rows. */
export function boxesOf(rows: readonly (readonly number[])[]): Boxes {
  return { n: rows.length, xyxy: Float64Array.from(rows.flat()) };
}

/**
 * The distinct boxes of a list that can be matched, in order and `count` at most: corners cut to the picture and rounded
 * to whole pixels, two pixels or more on each side.
 */
export function usableBoxes(rows: Iterable<readonly number[]>, size: Size, count = Infinity): Boxes {
  const seen = new Set<string>();
  const kept: number[][] = [];
  const inside = (value: number, side: number) => Math.min(Math.max(Math.round(value), 0), side - 1);
  for (const [x1, y1, x2, y2] of rows as Iterable<[number, number, number, number]>) {
    if (kept.length >= count) break;
    const box = [inside(x1, size.width), inside(y1, size.height), inside(x2, size.width), inside(y2, size.height)];
    // A side of one pixel has no extent a neighbour could be scaled by.
    if (!(box[2]! > box[0]! && box[3]! > box[1]!)) continue;
    const key = box.join();
    if (seen.has(key)) continue;
    seen.add(key);
    kept.push(box);
  }
  return boxesOf(kept);
}
