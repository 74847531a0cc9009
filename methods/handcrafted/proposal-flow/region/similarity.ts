/**
 * Similarity of every region of one picture to every region of another: the dot product of their descriptors, negative
 * ones cut to 0. Not normalised: for HOG the length tells how much structure a region has.
 *
 * @param a [n][length] @param b [m][length] @returns [n][m]
 */
export function similarities(a: Float32Array, b: Float32Array, length: number): Float64Array {
  const n = a.length / length, m = b.length / length;
  const out = new Float64Array(n * m);
  for (let j = 0; j < m; j += 4) {
    // Four regions at a time, so that each value of the other side is read once for four sums. The last repeats.
    const b0 = j * length, b1 = Math.min(j + 1, m - 1) * length;
    const b2 = Math.min(j + 2, m - 1) * length, b3 = Math.min(j + 3, m - 1) * length;
    for (let i = 0; i < n; i++) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      const from = i * length;
      for (let k = 0; k < length; k++) {
        const value = a[from + k]!;
        s0 += value * b[b0 + k]!;
        s1 += value * b[b1 + k]!;
        s2 += value * b[b2 + k]!;
        s3 += value * b[b3 + k]!;
      }
      const to = i * m + j;
      out[to] = Math.max(s0, 0);
      if (j + 1 < m) out[to + 1] = Math.max(s1, 0);
      if (j + 2 < m) out[to + 2] = Math.max(s2, 0);
      if (j + 3 < m) out[to + 3] = Math.max(s3, 0);
    }
  }
  return out;
}
