/**
 * Gaussian smoothing in double precision as scipy's `gaussian_filter`: support of round(4 sigma) pixels to each side,
 * weights normalised to one, borders mirrored (d c b a | a b c d | d c b a).
 *
 * @param plane [height][width]
 */
export function smoothPlane(plane: Float64Array, width: number, height: number, sigma: number): Float64Array {
  const reach = Math.floor(4 * sigma + 0.5);
  const taps = Float64Array.from({ length: reach + 1 }, (_, k) => Math.exp(-0.5 * k * k / (sigma * sigma)));
  const sum = taps.reduce((total, tap, k) => total + (k === 0 ? tap : 2 * tap), 0);
  for (let k = 0; k <= reach; k++) taps[k] = taps[k]! / sum;
  const down = filterLines(plane, taps, { lines: width, lineStep: 1, n: height, step: width });
  return filterLines(down, taps, { lines: height, lineStep: width, n: width, step: 1 });
}

/** A symmetric filter along one axis, four lines at a time so that their sums do not wait for each other. */
function filterLines(
  source: Float64Array,
  taps: Float64Array,
  { lines, lineStep, n, step }: { lines: number; lineStep: number; n: number; step: number },
): Float64Array {
  const reach = taps.length - 1;
  const at = Int32Array.from({ length: n + 2 * reach }, (_, i) => mirror(i - reach, n) * step);
  const out = new Float64Array(source.length);
  for (let line = 0; line < lines; line += 4) {
    // The last group repeats its last line.
    const p0 = line * lineStep;
    const p1 = Math.min(line + 1, lines - 1) * lineStep;
    const p2 = Math.min(line + 2, lines - 1) * lineStep;
    const p3 = Math.min(line + 3, lines - 1) * lineStep;
    for (let i = 0; i < n; i++) {
      const middle = i * step;
      const centre = taps[0]!;
      let s0 = centre * source[p0 + middle]!;
      let s1 = centre * source[p1 + middle]!;
      let s2 = centre * source[p2 + middle]!;
      let s3 = centre * source[p3 + middle]!;
      for (let k = 1; k <= reach; k++) {
        const tap = taps[k]!;
        const a = at[i + reach - k]!;
        const b = at[i + reach + k]!;
        s0 += tap * (source[p0 + a]! + source[p0 + b]!);
        s1 += tap * (source[p1 + a]! + source[p1 + b]!);
        s2 += tap * (source[p2 + a]! + source[p2 + b]!);
        s3 += tap * (source[p3 + a]! + source[p3 + b]!);
      }
      out[p0 + middle] = s0;
      out[p1 + middle] = s1;
      out[p2 + middle] = s2;
      out[p3 + middle] = s3;
    }
  }
  return out;
}

/** Index of the mirrored signal with period 2 n. */
function mirror(i: number, n: number): number {
  const j = ((i % (2 * n)) + 2 * n) % (2 * n);
  return j < n ? j : 2 * n - 1 - j;
}
