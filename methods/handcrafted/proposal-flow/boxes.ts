/**
 * Boxes in a picture, the unit Proposal Flow matches.
 *
 * @module
 */

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
