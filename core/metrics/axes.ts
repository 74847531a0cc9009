import type { Protocol } from "../protocol/types.ts";
import type { Points, Size } from "../types.ts";

/** One axis of a frame: `p * mul + add`, or `p / div * mul` for align-corners, where the order of rounding counts. */
export interface AxisScale {
  readonly div: number;
  readonly mul: number;
  readonly add: number;
}

const IDENTITY: AxisScale = { div: 1, mul: 1, add: 0 };

/** Both axes of a frame. */
export interface FrameAxes {
  readonly x: AxisScale;
  readonly y: AxisScale;
}

/**
 * How an evaluator maps one picture's coordinates into its frame. Unlike the frames of `core/frame.ts`, which say where
 * a network's pixels lie, these repeat the arithmetic of an official script and feed nothing but a comparison.
 */
export function axes(protocol: Protocol, size: Size): FrameAxes {
  const { kind, side = 0 } = protocol.frame;
  const { width, height } = size;
  switch (kind) {
    case "original":
      return { x: IDENTITY, y: IDENTITY };
    case "stretch":
      return { x: { div: 1, mul: side / width, add: 0 }, y: { div: 1, mul: side / height, add: 0 } };
    case "align-corners":
      // A side of one pixel has no extent to divide: its only point maps to 0 (0 / 1).
      return {
        x: { div: Math.max(width - 1, 1), mul: side - 1, add: 0 },
        y: { div: Math.max(height - 1, 1), mul: side - 1, add: 0 },
      };
    case "pad": {
      const mul = side / Math.max(width, height);
      // The padding cancels in every distance; it is kept because it takes part in the official float32 rounding.
      const pad = (a: number, b: number) => a < b ? Math.trunc((side - roundHalfEven((side * a) / b)) / 2) : 0;
      return { x: { div: 1, mul, add: pad(width, height) }, y: { div: 1, mul, add: pad(height, width) } };
    }
    case "shrink":
    case "fit": {
      const longer = Math.max(width, height);
      const mul = kind === "fit" || longer > side ? side / longer : 1;
      return { x: { div: 1, mul, add: 0 }, y: { div: 1, mul, add: 0 } };
    }
  }
}

/** To the nearest integer, halves to the even one, as NumPy and PyTorch round. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Maps one coordinate; `single` rounds every step to float32, as official arrays do. */
export function mapAxis(p: number, axis: AxisScale, single: boolean): number {
  if (!single) return p / axis.div * axis.mul + axis.add;
  return Math.fround(Math.fround(Math.fround(Math.fround(p) / axis.div) * axis.mul) + axis.add);
}

/** Maps the first `n` points into `out`; `floor` rounds them down first. */
export function mapPoints(
  points: Points,
  n: number,
  frame: FrameAxes,
  single: boolean,
  floor: boolean,
  out: Float64Array,
): void {
  const { xy } = points;
  const { x, y } = frame;
  for (let i = 0; i < 2 * n; i += 2) {
    out[i] = mapAxis(floor ? Math.floor(xy[i]!) : xy[i]!, x, single);
    out[i + 1] = mapAxis(floor ? Math.floor(xy[i + 1]!) : xy[i + 1]!, y, single);
  }
}
