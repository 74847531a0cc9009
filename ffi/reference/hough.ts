/** The space in which pairs vote for an offset. */
export interface HoughSpace {
  /** Side of a bin, in the unit of the offsets. */
  readonly cell: number;
  /** Bins across. */
  readonly nx: number;
  /** Bins down. */
  readonly ny: number;
}

/** Pairs, their votes and where they vote. */
export interface HoughArguments extends HoughSpace {
  /** [m][n]; votes that are not finite count nothing. */
  readonly votes: Float32Array;
  /** [m][2]: x, y; the offset of a pair is `source + target`. */
  readonly source: Float32Array;
  /** [n][2]: x, y */
  readonly target: Float32Array;
  /** [rows][cols], odd sides. */
  readonly filter: Float32Array;
  readonly filterShape: readonly [rows: number, cols: number];
}

/**
 * The bin of an offset, `trunc(x / cell) + trunc(y / cell) * nx`, computed in float32 as the official code does; -1
 * outside the space.
 */
export function houghBin(sx: number, sy: number, tx: number, ty: number, { cell, nx, ny }: HoughSpace): number {
  const by = Math.fround(cell);
  const x = Math.trunc(Math.fround(Math.fround(sx + tx) / by)), y = Math.trunc(Math.fround(Math.fround(sy + ty) / by));
  return x >= 0 && x < nx && y >= 0 && y < ny ? x + y * nx : -1;
}

/**
 * Regularised Hough matching (Min et al., "Hyperpixel Flow", 2019): every pair votes for its offset, the votes are
 * smoothed (zero outside the space), and a pair's confidence is its vote times the smoothed count of its bin.
 *
 * @param confidence [m][n]; 0 for a finite vote outside the space
 * @param space [ny][nx], smoothed
 */
export function hough(
  { votes, source, target, filter, filterShape: [fy, fx], ...space }: HoughArguments,
  confidence: Float32Array,
  smoothed: Float32Array,
): void {
  const m = source.length / 2, n = target.length / 2, { nx, ny } = space;
  const bin = (i: number, j: number) =>
    houghBin(source[2 * i]!, source[2 * i + 1]!, target[2 * j]!, target[2 * j + 1]!, space);
  const counts = new Float64Array(nx * ny);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const vote = votes[i * n + j]!, at = bin(i, j);
      if (at >= 0 && Number.isFinite(vote)) counts[at]! += vote;
    }
  }
  for (let y = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++) {
      let sum = 0;
      for (let v = 0; v < fy; v++) {
        for (let u = 0; u < fx; u++) {
          const row = y + v - (fy - 1) / 2, col = x + u - (fx - 1) / 2;
          if (row >= 0 && row < ny && col >= 0 && col < nx) sum += counts[row * nx + col]! * filter[v * fx + u]!;
        }
      }
      smoothed[y * nx + x] = sum;
    }
  }
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const at = bin(i, j);
      confidence[i * n + j] = votes[i * n + j]! * (at >= 0 ? smoothed[at]! : 0);
    }
  }
}
