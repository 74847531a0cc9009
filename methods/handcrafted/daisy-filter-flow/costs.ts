import type { Size } from "../../../core/types.ts";

/**
 * What the solver knows of descriptors: the cost of putting a source site onto a target site under one of several
 * changes of scale and rotation.
 */
export interface Costs {
  readonly source: Size;
  readonly target: Size;
  /** Number of changes of scale and rotation, ordered [scale][rotation]. */
  readonly scales: number;
  readonly rotations: number;
  /** Index of the change that leaves everything as it is (or comes nearest to that). */
  readonly identity: number;
  /** Cost of a target site outside the picture, and the largest there is. */
  readonly worst: number;
  /**
   * Costs of a window of source sites under one displacement: `out[row * width + col]` for site
   * (left + col, top + row) of the source, put onto that site plus (dx, dy) of the target.
   */
  fill(
    window: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
    dx: number,
    dy: number,
    change: number,
    out: Float32Array,
  ): void;
}
