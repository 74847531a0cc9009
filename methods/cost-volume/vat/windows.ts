/**
 * Windows of Swin Transformers over any number of axes, as permutations of cells and tables of biases.
 *
 * @module
 */

/** A grid of cells in windows of equal sides; with `shift`, windows begin so many cells later and wrap around. */
export interface Windows {
  /** Cells along each axis; each a multiple of `window`. */
  readonly sizes: readonly number[];
  readonly window: number;
  readonly shift: number;
}

/** Window by window, the cells of each in row-major order. */
export interface WindowOrder {
  /** [cells]: the row-major index of the cell at each place. */
  readonly cells: Int32Array;
  /** Cells per window. */
  readonly length: number;
  /**
   * Runs of windows whose cells are cut into the same regions, first to last; together they are all windows. Without a
   * shift there is one.
   */
  readonly runs: readonly WindowRun[];
}

/** Windows that share a mask. */
export interface WindowRun {
  readonly count: number;
  /** Per axis: whether these are the last windows, which the shift joins from both ends of the grid. */
  readonly wrapped: readonly boolean[];
}

/** The window and shift that are used: a grid no larger than a window is one window, which is never shifted. */
export function fittedWindows(sizes: readonly number[], window: number, shifted: boolean): Windows {
  const least = Math.min(...sizes);
  return least <= window
    ? { sizes, window: least, shift: 0 }
    : { sizes, window, shift: shifted ? Math.floor(window / 2) : 0 };
}

/** The order of cells by windows; windows with equal masks come together, so that each mask is applied once. */
export function windowOrder({ sizes, window, shift }: Windows): WindowOrder {
  const counts = sizes.map((side) => side / window);
  if (counts.some((count) => !Number.isInteger(count))) {
    throw new RangeError(`Cannot cut ${sizes.join(" x ")} cells into windows of side ${window}`);
  }
  const length = window ** sizes.length;
  const last = (place: readonly number[]) => place.map((at, axis) => shift > 0 && at === counts[axis]! - 1);
  const kind = (place: readonly number[]) => last(place).reduce((code, is) => 2 * code + Number(is), 0);
  // A stable sort: windows of one kind keep their order.
  const places = allPlaces(counts).toSorted((a, b) => kind(a) - kind(b));
  const inside = allPlaces(sizes.map(() => window));
  const cells = new Int32Array(places.length * length);
  const runs: { count: number; wrapped: boolean[] }[] = [];
  let at = 0, before = -1;
  for (const place of places) {
    for (const offset of inside) {
      cells[at++] = offset.reduce((index, o, axis) => {
        return index * sizes[axis]! + (place[axis]! * window + o + shift) % sizes[axis]!;
      }, 0);
    }
    const code = kind(place);
    if (code !== before) runs.push({ count: 0, wrapped: last(place) });
    runs.at(-1)!.count++;
    before = code;
  }
  return { cells, length, runs };
}

/** All index tuples below `counts`, row-major. */
function allPlaces(counts: readonly number[]): number[][] {
  return counts.reduce<number[][]>(
    (all, count) => all.flatMap((place) => Array.from({ length: count }, (_, i) => [...place, i])),
    [[]],
  );
}

/** For places in order `to`: where each is found in order `from`. */
export function reorder(from: Int32Array, to: Int32Array): number[] {
  const place = new Int32Array(from.length);
  from.forEach((cell, i) => place[cell] = i);
  return Array.from(to, (cell) => place[cell]!);
}

/**
 * What is added to the similarities of a window's cells: a learned value per difference of position and head, and -100
 * between regions that only the shift brought together.
 *
 * @param table [(2 * window - 1) ^ axes][heads]; the first axis' difference counts most
 * @returns [heads][cells][cells]
 */
export function windowBias(
  table: Float32Array,
  heads: number,
  { window, shift }: Windows,
  wrapped: readonly boolean[],
): Float32Array {
  const axes = wrapped.length, cells = allPlaces(Array<number>(axes).fill(window)), n = cells.length;
  const span = 2 * window - 1;
  // In a last window, cells before the cut come from the grid's end and those after it from its beginning.
  const regionOf = (cell: readonly number[]) =>
    cell.reduce((code, at, axis) => 2 * code + Number(wrapped[axis]! && at >= window - shift), 0);
  const regions = cells.map(regionOf);
  const out = new Float32Array(heads * n * n);
  cells.forEach((a, i) => {
    cells.forEach((b, j) => {
      const index = a.reduce((sum, at, axis) => sum * span + at - b[axis]! + window - 1, 0);
      const mask = regions[i] === regions[j] ? 0 : -100;
      for (let h = 0; h < heads; h++) out[(h * n + i) * n + j] = table[index * heads + h]! + mask;
    });
  });
  return out;
}
