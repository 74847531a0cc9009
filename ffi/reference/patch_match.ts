/** Descriptors on a grid. */
export interface PatchMatchMap {
  readonly rows: number;
  readonly cols: number;
  /** [rows][cols][channels] */
  readonly data: Float32Array;
}

/** Two maps and how they are searched. */
export interface PatchMatchArguments {
  readonly a: PatchMatchMap;
  readonly b: PatchMatchMap;
  readonly channels: number;
  /** First matches [rows][cols] of `a`; those outside `b` (and without `start` all) are drawn at random. */
  readonly start: Int32Array | null;
  readonly seed: number;
  readonly rounds: number;
  /** Half a side of the first random window, in cells; later ones halve. 0 searches nothing at random. */
  readonly radius: number;
}

/**
 * A number of 32 bits from the seed, the cell, the round and a counter. Having no state, cells may be visited in any
 * order.
 */
export function patchRandom(seed: number, cell: number, round: number, counter: number): number {
  let h = (Math.imul(seed, 0x9e3779b1) + cell) >>> 0;
  for (const more of [round, counter, 0]) {
    h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
    h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
    h = ((h ^ (h >>> 16)) + more) >>> 0;
  }
  return h;
}

/** A whole number in [low, high] from a random one of 32 bits. */
export function patchPick(random: number, low: number, high: number): number {
  return low + Math.floor(random * (high - low + 1) / 2 ** 32);
}

/**
 * PatchMatch (Barnes et al., 2009) with the similarity `a . b`: in each round every cell tries what lies beside the
 * matches of its four neighbours (left, right, above, below), then random places around its best, in windows that halve.
 * A candidate wins only by being better. All cells of a round read the field of the round before, so the result is the
 * same whatever the order.
 *
 * @param index [rows][cols] of `a`: cell of `b`, `row * cols + col`
 * @param score [rows][cols] of `a`
 */
export function patchMatch(
  { a, b, channels, start, seed, rounds, radius }: PatchMatchArguments,
  index: Int32Array,
  score: Float32Array,
): void {
  const similarity = (cell: number, target: number) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += a.data[cell * channels + c]! * b.data[target * channels + c]!;
    return Math.fround(sum);
  };
  const targets = b.rows * b.cols;
  for (let cell = 0; cell < index.length; cell++) {
    const given = start?.[cell] ?? -1;
    index[cell] = given >= 0 && given < targets ? given : patchPick(patchRandom(seed, cell, 0, 0), 0, targets - 1);
    score[cell] = similarity(cell, index[cell]!);
  }
  for (let round = 1; round <= rounds; round++) {
    const from = index.slice();
    for (let cell = 0; cell < index.length; cell++) {
      const row = Math.floor(cell / a.cols), col = cell % a.cols;
      const attempt = (y: number, x: number) => {
        const value = similarity(cell, y * b.cols + x);
        if (value > score[cell]! || Number.isNaN(score[cell]) && !Number.isNaN(value)) {
          index[cell] = y * b.cols + x;
          score[cell] = value;
        }
      };
      for (const [dy, dx] of [[0, -1], [0, 1], [-1, 0], [1, 0]] as const) {
        if (row + dy < 0 || row + dy >= a.rows || col + dx < 0 || col + dx >= a.cols) continue;
        const match = from[cell + dy * a.cols + dx]!;
        const y = Math.floor(match / b.cols) - dy, x = match % b.cols - dx;
        if (y >= 0 && y < b.rows && x >= 0 && x < b.cols) attempt(y, x);
      }
      for (let reach = radius, counter = 0; reach >= 1; reach = Math.floor(reach / 2), counter += 2) {
        const y = Math.floor(index[cell]! / b.cols), x = index[cell]! % b.cols;
        const pick = (which: number, at: number, last: number) =>
          patchPick(patchRandom(seed, cell, round, which), Math.max(0, at - reach), Math.min(last, at + reach));
        attempt(pick(counter, y, b.rows - 1), pick(counter + 1, x, b.cols - 1));
      }
    }
  }
}
