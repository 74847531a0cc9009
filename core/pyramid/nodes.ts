/**
 * From costs of pixels to costs of the pyramid's cells.
 *
 * @module
 */
import { nodeAt, nodesAbove } from "./graph.ts";

/** Costs of the nodes. */
export interface NodeCosts {
  /** [nodes][states], every level divided by its mean. */
  readonly data: Float32Array;
  /** The mean of each level before that. */
  readonly means: readonly number[];
}

/**
 * Mean cost of every node under every translation, by integral images.
 *
 * The authors' program takes I(bottom, right) + I(top, left) - I(top, right) - I(bottom, left) with inclusive corners,
 * which leaves out the box's first row and column, and divides by the number of all its pixels; `whole` takes them all.
 * A node without pixels (tiny maps) costs nothing, and a level without costs is not divided.
 *
 * @param costs [states][cols][rows]
 */
export function nodeCosts(
  costs: Float32Array,
  size: { readonly states: number; readonly cols: number; readonly rows: number },
  levels: number,
  whole: boolean,
): NodeCosts {
  const { states, cols, rows } = size;
  const data = new Float32Array(nodesAbove(levels) * states);
  // One row and column of zeros before the first, which the authors' form never reads.
  const stride = rows + 1;
  const integral = new Float32Array((cols + 1) * stride);
  for (let s = 0; s < states; s++) {
    for (let x = 0, i = s * cols * rows; x < cols; x++) {
      let run = 0;
      for (let y = 0; y < rows; y++, i++) {
        run = Math.fround(run + costs[i]!);
        integral[(x + 1) * stride + y + 1] = run + integral[x * stride + y + 1]!;
      }
    }
    for (let level = 0; level < levels; level++) {
      const side = 2 ** level, w = Math.floor(cols / side), h = Math.floor(rows / side);
      if (w === 0 || h === 0) continue;
      for (let bx = 0; bx < side; bx++) {
        for (let by = 0; by < side; by++) {
          const skip = whole ? 0 : 1;
          const left = (bx * w + skip) * stride, right = (bx + 1) * w * stride;
          const top = by * h + skip, bottom = (by + 1) * h;
          const sum = Math.fround(
            Math.fround(
              Math.fround(integral[left + top]! + integral[right + bottom]!) - integral[right + top]!,
            ) - integral[left + bottom]!,
          );
          data[nodeAt(level, bx, by) * states + s] = sum / (w * h);
        }
      }
    }
  }
  const means: number[] = [];
  for (let level = 0; level < levels; level++) {
    const part = data.subarray(nodesAbove(level) * states, nodesAbove(level + 1) * states);
    let sum = 0;
    // In single precision, as the authors' script has it: its error is a ten-thousandth.
    for (let i = 0; i < part.length; i++) sum = Math.fround(sum + part[i]!);
    const mean = Math.fround(sum / part.length);
    means.push(mean);
    if (mean > 0) { for (let i = 0; i < part.length; i++) part[i] = part[i]! / mean; }
  }
  return { data, means };
}
