import { toCells } from "../../frame.ts";
import type { StoredFlow } from "./flow_file.ts";

/** Neighbours of every position along one axis, and how much the second one weighs. */
interface Axis {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly part: Float64Array;
}

function axis(cells: Float64Array, count: number): Axis {
  const low = new Int32Array(cells.length), high = new Int32Array(cells.length);
  const part = new Float64Array(cells.length);
  cells.forEach((cell, i) => {
    // Positions beyond the outer cells take the outer cells' value.
    const inside = Math.min(Math.max(cell, 0), count - 1);
    low[i] = Math.min(Math.floor(inside), Math.max(count - 2, 0));
    high[i] = Math.min(low[i]! + 1, count - 1);
    part[i] = inside - low[i]!;
  });
  return { low, high, part };
}

/**
 * A stored flow at every pixel of the picture it starts from, bilinear between cells. Where one of the four cells has no
 * prediction the others share its weight; where none of those that weigh has, the pixel has none.
 *
 * @returns [height][width][2]: (x, y) in the other picture's original pixels, or NaN
 */
export function fieldOf({ lattice, data }: StoredFlow): Float32Array {
  const { width, height } = lattice.frame.original;
  const { rows, cols } = lattice.grid;
  const along = (n: number, channel: 0 | 1) => {
    const xy = new Float64Array(2 * n);
    for (let i = 0; i < n; i++) xy[2 * i + channel] = i;
    return toCells({ n, xy }, lattice).xy.filter((_, i) => i % 2 === channel);
  };
  const x = axis(along(width, 0), cols);
  const y = axis(along(height, 1), rows);
  const out = new Float32Array(width * height * 2);
  let at = 0;
  for (let row = 0; row < height; row++) {
    const above = y.low[row]! * cols, below = y.high[row]! * cols, fy = y.part[row]!;
    for (let col = 0; col < width; col++, at += 2) {
      const left = x.low[col]!, right = x.high[col]!, fx = x.part[col]!;
      let px = 0, py = 0, total = 0;
      for (let k = 0; k < 4; k++) {
        const weight = (k & 1 ? fx : 1 - fx) * (k & 2 ? fy : 1 - fy);
        const cell = 2 * ((k & 2 ? below : above) + (k & 1 ? right : left));
        const vx = data[cell]!;
        if (weight === 0 || vx !== vx) continue;
        px += weight * vx;
        py += weight * data[cell + 1]!;
        total += weight;
      }
      out[at] = total > 0 ? px / total : NaN;
      out[at + 1] = total > 0 ? py / total : NaN;
    }
  }
  return out;
}
