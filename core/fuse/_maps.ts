import { divideGrid, stretchFrame } from "../frame.ts";
import type { FeatureMap } from "../types.ts";

/** A map that divides a picture of 24 x 24 pixels, half-pixel convention; for tests. */
export function mapOf(rows: number, cols: number, channels: number, data: Iterable<number>, name = "m"): FeatureMap {
  const size = { width: 24, height: 24 };
  const values = Float32Array.from(data);
  if (values.length !== rows * cols * channels) throw new RangeError(`${values.length} values for ${rows}x${cols}`);
  return {
    name,
    channels,
    data: values,
    frame: stretchFrame(size, size),
    grid: divideGrid(size, rows, cols, "half-pixel"),
  };
}

/** Values without pattern, the same every time. */
export function values(n: number, seed = 1): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => Math.sin((i + 1) * 12.9898 * seed) + 0.3 * Math.cos(i * 0.71));
}
