/**
 * Learned position embeddings for other sizes than they were trained for. Implementations differ, and so do the
 * features; each rule is named.
 *
 * @module
 */
import { resizeHwc } from "../../image/resize.ts";

/** Names of the rules of {@linkcode resamplePositions}. */
export const POSITION_RULES = ["size", "size-antialias", "scale-offset", "scale-offset-transposed"] as const;

/**
 * How a trained grid becomes another one; all are bicubic with half-pixel centres.
 *
 * - `size`: to the size asked for (transformers: DINOv2, CLIP, MAE).
 * - `size-antialias`: the same with a widened kernel when shrinking (timm; official and transformers DINOv2 with
 *   registers).
 * - `scale-offset`: coordinates are mapped by the factor (n + 0.1) / grid instead of n / grid (official DINO, DINOv2
 *   without registers).
 * - `scale-offset-transposed`: as before with rows and columns exchanged, so that positions of pictures that are not
 *   square come out transposed: a slip of the survey's DINO extractor, kept because its numbers rest on it.
 */
export type PositionRule = typeof POSITION_RULES[number];

/**
 * Positions of a grid of patches.
 *
 * @param table [grid * grid][dim], row-major over the trained grid, without the class token's entry
 * @returns [rows * cols][dim]; a copy of the table where the size is the trained one
 */
export function resamplePositions(
  table: Float32Array,
  grid: number,
  dim: number,
  rows: number,
  cols: number,
  rule: PositionRule,
): Float32Array {
  if (rows === grid && cols === grid) return table.slice();
  const from = { rows: grid, cols: grid, channels: dim };
  const to = rule === "scale-offset-transposed" ? { rows: cols, cols: rows } : { rows, cols };
  if (rule === "size" || rule === "size-antialias") {
    return resizeHwc(table, from, to, { kernel: "bicubic", antialias: rule === "size-antialias" });
  }
  const scale = { rows: (to.rows + 0.1) / grid, cols: (to.cols + 0.1) / grid };
  return resizeHwc(table, from, to, { kernel: "bicubic", scale });
}
