/**
 * What the cells of a feature map see of the picture.
 *
 * @module
 */
import type { Grid, Size } from "../../types.ts";

/** Boxes in network pixels. */
export interface Boxes {
  readonly n: number;
  /** [n][4]: left, top, right, bottom; whole numbers. */
  readonly xyxy: Float32Array;
}

/** Extent of what a cell sees, and the distance between neighbouring cells, both in pixels. */
export interface Field {
  readonly size: number;
  readonly jump: number;
}

/**
 * Receptive fields of ResNet-50 and ResNet-101 (the two agree this far), as HPF's code lists them: entry 0 for the map
 * after the first pooling, entry k for bottleneck k.
 */
export const RESNET_FIELDS: readonly Field[] = [11, 19, 27, 35, 43, 59, 75, 91, 107, 139].map((size, k) => ({
  size,
  jump: k < 4 ? 4 : k < 8 ? 8 : 16,
}));

/** Boxes of all cells, row by row: cell (c, r) sees `jump * (c, r)` plus and minus `floor(size / 2)`. */
export function receptiveFields({ rows, cols }: Pick<Grid, "rows" | "cols">, { size, jump }: Field): Boxes {
  const half = Math.floor(size / 2);
  const xyxy = new Float32Array(4 * rows * cols);
  for (let r = 0, at = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++, at += 4) {
      xyxy[at] = c * jump - half;
      xyxy[at + 1] = r * jump - half;
      xyxy[at + 2] = c * jump + half;
      xyxy[at + 3] = r * jump + half;
    }
  }
  return { n: rows * cols, xyxy };
}

/** Indices of the boxes that reach beyond the picture by less than `margin` (on the left and top: by no more). */
export function withinMargin({ n, xyxy }: Boxes, { width, height }: Size, margin: number): Int32Array {
  const kept: number[] = [];
  for (let i = 0; i < n; i++) {
    const [x1, y1, x2, y2] = [xyxy[4 * i]!, xyxy[4 * i + 1]!, xyxy[4 * i + 2]!, xyxy[4 * i + 3]!];
    if (x1 >= -margin && y1 >= -margin && x2 < width + margin && y2 < height + margin) kept.push(i);
  }
  return Int32Array.from(kept);
}
