/**
 * The best column of each row: ties go to the lowest index, NaN and -Infinity (a masked cell) never win, a row in
 * which nothing can win gives -1 and NaN.
 *
 * @param x [rows][cols]
 * @param index [rows]
 * @param score [rows]
 */
export function argmaxRows(x: Float32Array, rows: number, cols: number, index: Int32Array, score: Float32Array): void {
  for (let r = 0; r < rows; r++) {
    let best = -1, value = -Infinity;
    for (let c = 0; c < cols; c++) {
      const v = x[r * cols + c]!;
      if (v > value) {
        best = c;
        value = v;
      }
    }
    index[r] = best;
    score[r] = best < 0 ? NaN : value;
  }
}
