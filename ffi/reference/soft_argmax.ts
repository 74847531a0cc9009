import { argmaxRows } from "./argmax_rows.ts";

/** How positions are read out of a map of similarities. */
export interface SoftArgmaxRule {
  /** Above 0, in units of similarity. */
  readonly temperature: number;
  /** Standard deviation in cells of the Gaussian that multiplies similarities around the best cell; 0 for none. */
  readonly sigma: number;
  /** Cells to each side of the best cell that keep their similarity; -1 for all. */
  readonly radius: number;
  /** Cells beyond the radius have no weight; else they have similarity 0. */
  readonly masked: boolean;
}

/**
 * Expected positions under soft-max(x / temperature). NaN and -Infinity have no weight, +Infinity is certain, and a row in
 * which nothing can win has position (NaN, NaN).
 *
 * @param x [rows][height][width]
 * @param out [rows][2]: column, row
 */
export function softArgmax(
  x: Float32Array,
  [rows, height, width]: readonly [number, number, number],
  { temperature, sigma, radius, masked }: SoftArgmaxRule,
  out: Float32Array,
): void {
  const cells = height * width, index = new Int32Array(1), score = new Float32Array(1);
  for (let r = 0; r < rows; r++) {
    const row = x.subarray(r * cells, (r + 1) * cells);
    argmaxRows(row, 1, cells, index, score);
    const bestX = index[0]! % width, bestY = Math.floor(index[0]! / width);
    const logits = Array.from(row, (value, i) => {
      const dx = i % width - bestX, dy = Math.floor(i / width) - bestY;
      // An infinite value times an underflowed 0 would be NaN.
      const weighed = sigma > 0 && Number.isFinite(value)
        ? value * Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma))
        : value;
      const far = radius >= 0 && (Math.abs(dx) > radius || Math.abs(dy) > radius);
      // A cell that was masked before stays masked.
      return far && weighed > -Infinity ? (masked ? -Infinity : 0) : weighed;
    });
    const most = logits.reduce((most, value) => value > most ? value : most, -Infinity);
    let sum = 0, sumX = 0, sumY = 0;
    for (const [i, value] of logits.entries()) {
      if (most === -Infinity) break;
      const weight = value === most ? 1 : value < most ? Math.exp((value - most) / temperature) : 0;
      sum += weight;
      sumX += weight * (i % width);
      sumY += weight * Math.floor(i / width);
    }
    out[2 * r] = index[0]! < 0 ? NaN : sumX / sum;
    out[2 * r + 1] = index[0]! < 0 ? NaN : sumY / sum;
  }
}
