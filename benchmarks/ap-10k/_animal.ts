import type { Fields } from "../../core/data/json.ts";
import type { Box, Size } from "../../core/types.ts";

/** Keypoints of AP-10K per animal. */
export const KEYPOINTS = 17;
/** A pair is kept from this many keypoints visible in both pictures. */
export const LEAST_COMMON = 3;

/** One annotated animal: the only one of its picture. */
export interface Animal {
  /** File name of the picture without ending: unique. */
  readonly name: string;
  /** Path of the picture. */
  readonly path: string;
  /** What messages call the annotation. */
  readonly where: string;
  readonly size: Size;
  readonly box: Box;
  /** [17][2]; meaningless where not visible. */
  readonly xy: Float64Array;
  /** Bit k is set where keypoint k is visible (flag 2; 1 is labelled but hidden). */
  readonly visible: number;
}

/** Reads `keypoints` ([x, y, flag] * 17) and `bbox` ([x, y, width, height]). */
export function readPose(fields: Fields): Pick<Animal, "box" | "xy" | "visible"> {
  const numbers = fields.numbers("keypoints", KEYPOINTS * 3);
  const [x, y, width, height] = fields.numbers("bbox", 4) as [number, number, number, number];
  const xy = new Float64Array(KEYPOINTS * 2);
  let visible = 0;
  for (let k = 0; k < KEYPOINTS; k++) {
    xy[2 * k] = numbers[3 * k]!;
    xy[2 * k + 1] = numbers[3 * k + 1]!;
    if (numbers[3 * k + 2] === 2) visible |= 1 << k;
  }
  return { box: { x1: x, y1: y, x2: x + width, y2: y + height }, xy, visible };
}

/** Number of set bits. */
export function count(bits: number): number {
  let n = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) n++;
  return n;
}

/** Indices of the set bits. */
export function indices(bits: number): number[] {
  return Array.from({ length: KEYPOINTS }, (_, k) => k).filter((k) => (bits & (1 << k)) !== 0);
}
