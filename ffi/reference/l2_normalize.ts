/** What a row is divided by, from its Euclidean length and eps. */
export type NormRule = "plus" | "max" | "root";

/**
 * Divides every row by its length: `plus` x / (|x| + eps), `max` x / max(|x|, eps), `root` x / sqrt(|x|^2 + eps).
 *
 * @param x [rows][channels]
 * @param out [rows][channels]
 */
export function l2Normalize(
  x: Float32Array,
  rows: number,
  channels: number,
  rule: NormRule,
  eps: number,
  out: Float32Array,
): void {
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += x[r * channels + c]! ** 2;
    const by = rule === "plus"
      ? Math.sqrt(sum) + eps
      : rule === "max"
      ? Math.max(Math.sqrt(sum), eps)
      : Math.sqrt(sum + eps);
    for (let c = 0; c < channels; c++) out[r * channels + c] = x[r * channels + c]! / by;
  }
}
