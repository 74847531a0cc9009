import type { Size } from "../../../core/types.ts";
import type { Boxes } from "./boxes.ts";
import type { BoxMatches } from "./match/types.ts";

/** Where the pixels of a source picture go. */
export interface Field {
  /** [height][width][2]: target (x, y), whole pixels inside the target picture; NaN where no matched box covers a pixel. */
  readonly xy: Float32Array;
  /** [height][width]: confidence of the box that moved the pixel, 0 where none did. */
  readonly confidence: Float32Array;
}

/**
 * The dense field of matched boxes (Ham et al. 2016, section 4.1, before any filter): every pixel follows the box of
 * highest confidence that covers it, by the map that stretches this box onto its match, rounded to whole pixels.
 * Boxes without any match (confidence 0) move nothing.
 */
export function denseField(
  source: { readonly size: Size; readonly boxes: Boxes },
  target: { readonly size: Size; readonly boxes: Boxes },
  { best, confidence }: BoxMatches,
): Field {
  const { width, height } = source.size;
  const xy = new Float32Array(width * height * 2).fill(NaN);
  const certain = new Float32Array(width * height);
  const a = source.boxes.xyxy, b = target.boxes.xyxy;
  for (const i of descending(confidence)) {
    if (!(confidence[i]! > 0)) break;
    const [x1, y1, x2, y2] = a.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    const j = best[i]!;
    const left = b[4 * j]!, top = b[4 * j + 1]!;
    const scaleX = (b[4 * j + 2]! - left) / (x2 - x1), scaleY = (b[4 * j + 3]! - top) / (y2 - y1);
    const lastX = Math.min(Math.floor(x2), width - 1), lastY = Math.min(Math.floor(y2), height - 1);
    for (let y = Math.max(Math.ceil(y1), 0); y <= lastY; y++) {
      const ty = clampRound(top + (y - y1) * scaleY, target.size.height);
      for (let x = Math.max(Math.ceil(x1), 0); x <= lastX; x++) {
        const p = y * width + x;
        if (!Number.isNaN(xy[2 * p]!)) continue;
        xy[2 * p] = clampRound(left + (x - x1) * scaleX, target.size.width);
        xy[2 * p + 1] = ty;
        certain[p] = confidence[i]!;
      }
    }
  }
  return { xy, confidence: certain };
}

/** Indices by falling value, equal values in their order. */
function descending(values: Float64Array): number[] {
  return Array.from(values, (_, i) => i).sort((i, j) => values[j]! - values[i]! || i - j);
}

function clampRound(value: number, side: number): number {
  return Math.min(Math.max(Math.floor(value + 0.5), 0), side - 1);
}
