/**
 * Mutual nearest-neighbour filter of an [m][n] volume: x * ((x / R') * (x / C')) with the largest values R of the row and
 * C of the column. NC-Net: R' = R + eps. CHM, CATs (`onlyZero`): R' = R, or eps where R is exactly 0. NaN is no maximum.
 */
export function mutual(
  x: Float32Array,
  m: number,
  n: number,
  { onlyZero, eps }: { readonly onlyZero: boolean; readonly eps: number },
  out: Float32Array,
): void {
  const rows = new Float64Array(m).fill(-Infinity), columns = new Float64Array(n).fill(-Infinity);
  for (let r = 0; r < m; r++) {
    for (let c = 0; c < n; c++) {
      const v = x[r * n + c]!;
      if (v > rows[r]!) rows[r] = v;
      if (v > columns[c]!) columns[c] = v;
    }
  }
  const small = Math.fround(eps);
  const divisor = (most: number) => onlyZero ? (most === 0 ? small : most) : most + small;
  for (let r = 0; r < m; r++) {
    for (let c = 0; c < n; c++) {
      const v = x[r * n + c]!;
      out[r * n + c] = v * ((v / divisor(rows[r]!)) * (v / divisor(columns[c]!)));
    }
  }
}
