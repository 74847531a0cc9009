/**
 * The guided filter (He, Sun, Tang; TPAMI 2013) with a colour guide, as {@linkcode filterFlow} uses it: sums over squares
 * are of whole numbers, so that they are the same in any order.
 *
 * @module
 */

/** A rectangle of sites; the last column and row belong to it. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Units of the filter's slopes and offsets between its two passes, their bound, and 1 / unit of the result. */
const SLOPE = 65536, OFFSET = 128, LIMIT = 5900000, FINE = 256;

/** Sums over squares of side 2 radius + 1, cut at the border of `from`, which holds all of them that lie in the picture. */
export function boxSums(values: readonly number[], from: Window, to: Window, radius: number): number[] {
  const width = from.right - from.left + 1;
  const out: number[] = [];
  for (let y = to.top; y <= to.bottom; y++) {
    for (let x = to.left; x <= to.right; x++) {
      let sum = 0;
      for (let v = Math.max(y - radius, from.top); v <= Math.min(y + radius, from.bottom); v++) {
        for (let u = Math.max(x - radius, from.left); u <= Math.min(x + radius, from.right); u++) {
          sum += values[(v - from.top) * width + u - from.left]!;
        }
      }
      out.push(sum);
    }
  }
  return out;
}

/**
 * Per site the linear map [4][4] from the sums over its square of the cost and its products with red, green and blue to
 * the filter's slopes for the three colours and its offset: (covariance of the colours + eps I)^-1 applied to their
 * covariance with the cost, and the mean cost less the slopes at the mean colour.
 */
export function filterMaps(
  { guide, width, height, radius, eps }: {
    readonly guide: Int32Array;
    readonly width: number;
    readonly height: number;
    readonly radius: number;
    readonly eps: number;
  },
): Float64Array {
  const picture = { left: 0, top: 0, right: width - 1, bottom: height - 1 };
  const colours = [0, 8, 16].map((bits) => Array.from(guide, (g) => (g >> bits) & 255));
  const sums = (values: number[]) => boxSums(values, picture, picture, radius);
  const product = (i: number, j: number) => sums(colours[i]!.map((value, at) => value * colours[j]![at]!));
  const ones = sums(Array.from(guide, () => 1)), first = colours.map(sums);
  const [rr, rg, rb, gg, gb, bb] = [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2], [2, 2]].map(([i, j]) => product(i!, j!));
  const maps = new Float64Array(width * height * 16);
  for (let i = 0; i < width * height; i++) {
    const n = 1 / ones[i]!;
    const m = first.map((plane) => plane[i]! * n);
    const a = rr![i]! * n - m[0]! * m[0]! + eps, b = rg![i]! * n - m[0]! * m[1]!, c = rb![i]! * n - m[0]! * m[2]!;
    const d = gg![i]! * n - m[1]! * m[1]! + eps, e = gb![i]! * n - m[1]! * m[2]!;
    const f = bb![i]! * n - m[2]! * m[2]! + eps;
    const i00 = d * f - e * e, i01 = c * e - b * f, i02 = b * e - c * d;
    const determinant = a * i00 + b * i01 + c * i02;
    const inverse = [
      [i00, i01, i02],
      [i01, a * f - c * c, b * c - a * e],
      [i02, b * c - a * e, a * d - b * b],
    ].map((row) => row.map((value) => value / determinant));
    const map = maps.subarray(16 * i, 16 * i + 16);
    const mean = [0, 0, 0, 1];
    for (let colour = 0; colour < 3; colour++) {
      let offset = 0;
      for (let row = 0; row < 3; row++) {
        map[4 * (colour + 1) + row] = inverse[row]![colour]! * n * SLOPE;
        mean[row]! -= inverse[row]![colour]! * m[colour]!;
        offset -= inverse[row]![colour]! * m[row]!;
      }
      map[4 * (colour + 1) + 3] = offset * n * OFFSET;
      mean[3]! -= offset * m[colour]!;
    }
    mean.forEach((value, row) => map[row] = value * n * (row < 3 ? SLOPE : OFFSET));
  }
  return maps;
}

/** To a whole number, bounded so that sums over a square stay in 32 bits. */
export function filterRound(value: number): number {
  return Math.floor(Math.min(Math.max(value + 0.5, -LIMIT), LIMIT));
}

/** The smoothed value of a site, in 1/256, from the sums of slopes and offset over its square of `n` sites. */
export function filterCost(sums: readonly number[], guide: number, n: number): number {
  const slopes = sums[0]! * (guide & 255) + sums[1]! * ((guide >> 8) & 255) + sums[2]! * ((guide >> 16) & 255);
  return Math.floor((slopes * (FINE / SLOPE) + sums[3]! * (FINE / OFFSET)) / n + 0.5);
}
