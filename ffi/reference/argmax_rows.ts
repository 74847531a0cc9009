/**
 * The best column of each row: ties go to the lowest index, NaN never wins, a row without a number gives -1 and NaN.
 *
 * @param x [rows][cols]
 * @param index [rows]
 * @param score [rows]
 */
export function argmaxRows(x: Float32Array, rows: number, cols: number, index: Int32Array, score: Float32Array): void {
  for (let r = 0; r < rows; r++) {
    let best = -1, value = NaN;
    for (let c = 0; c < cols; c++) {
      const v = x[r * cols + c]!;
      if (!Number.isNaN(v) && (best < 0 || v > value)) {
        best = c;
        value = v;
      }
    }
    index[r] = best;
    score[r] = value;
  }
}
