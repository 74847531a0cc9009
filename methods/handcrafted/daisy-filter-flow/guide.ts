import { toPoints } from "../../../core/frame.ts";
import type { Image, Lattice, Size } from "../../../core/types.ts";

/** The source picture on the sites that are matched: pixels, or the cells of a feature map. */
export interface Guide extends Size {
  /** [height][width][3], 0..255 */
  readonly rgb: Float32Array;
}

/** The picture at its pixels. */
export function pixelGuide({ width, height, data }: Image): Guide {
  return { width, height, rgb: Float32Array.from(data) };
}

/** The picture at the cells of a lattice: the mean of the pixels nearer to a cell than half its stride. */
export function cellGuide(image: Image, lattice: Lattice): Guide {
  const { rows, cols } = lattice.grid;
  const rgb = new Float32Array(rows * cols * 3);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const { xy } = toPoints({ n: 2, xy: Float64Array.of(col - 0.5, row - 0.5, col + 0.5, row + 0.5) }, lattice);
      const range = (from: number, to: number, side: number) => {
        const first = Math.min(Math.max(Math.round(from), 0), side - 1);
        return [first, Math.min(Math.max(Math.round(to) - 1, first), side - 1)] as const;
      };
      const [left, right] = range(xy[0]!, xy[2]!, image.width), [top, bottom] = range(xy[1]!, xy[3]!, image.height);
      const to = (row * cols + col) * 3;
      const count = (right - left + 1) * (bottom - top + 1);
      for (let y = top; y <= bottom; y++) {
        for (let x = left; x <= right; x++) {
          for (let c = 0; c < 3; c++) rgb[to + c]! += image.data[(y * image.width + x) * 3 + c]! / count;
        }
      }
    }
  }
  return { width: cols, height: rows, rgb };
}

/** Red + 256 green + 65536 blue of every site. */
export function packed({ width, height, rgb }: Guide): Int32Array<ArrayBuffer> {
  const out = new Int32Array(width * height);
  for (let p = 0; p < out.length; p++) {
    for (let c = 0; c < 3; c++) out[p]! |= Math.round(rgb[3 * p + c]!) << (8 * c);
  }
  return out;
}
