import type { AxisMap, Frame } from "../types.ts";

/**
 * The frame without the half pixel by which resizing shifts centres: `p' = p * scale + offset`, as codes compute that
 * multiply points by the factor of the resize.
 */
export function plainFrame(frame: Frame): Frame {
  const plain = ({ scale, shift }: AxisMap) => ({ scale, shift: shift - (0.5 * scale - 0.5) });
  return frame.convention === "half-pixel" ? { ...frame, x: plain(frame.x), y: plain(frame.y) } : frame;
}
