/**
 * Dual-resolution matching: fine similarities, weighed with the coarse volume's opinion of where to look.
 *
 * @module
 */
import { bestOfRows, transposed } from "../../../core/consensus/matches.ts";
import type { Descriptors, Ops, Volume } from "../../../core/consensus/volume.ts";
import type { Cells, Pair } from "../../../core/types.ts";

/** Fine cells per coarse cell and axis. */
export const RATIO = 4;

/** A coarse volume and both fine maps, seen from the picture that is asked. */
export interface View {
  /** [own rows][own cols][other rows][other cols], filtered. */
  readonly coarse: Volume;
  /** Fine descriptors of the own and of the other picture, normalised. */
  readonly fine: Pair<Descriptors>;
}

/** Fine descriptors of the picture that is asked, given where the queries lie. */
export interface FineReader {
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
  /** @param cells row-major indices @returns [cells][channels], normalised */
  read(cells: Int32Array): Promise<Float32Array>;
}

/** What one way needs. */
export interface OneWay {
  readonly coarse: Volume;
  readonly own: FineReader;
  readonly other: Descriptors;
}

/** The way from the picture a view is seen from. */
export function oneWay({ coarse, fine: { source, target } }: View): OneWay {
  const { rows, cols, channels, data } = source;
  return {
    coarse,
    other: target,
    own: {
      rows,
      cols,
      channels,
      read(cells) {
        const out = new Float32Array(cells.length * channels);
        cells.forEach((cell, i) => out.set(data.subarray(cell * channels, (cell + 1) * channels), i * channels));
        return Promise.resolve(out);
      },
    },
  };
}

/** The same seen from the other picture. */
export function reversed({ coarse, fine }: View): View {
  const [I, J, K, L] = coarse.size;
  return {
    coarse: { size: [K, L, I, J], data: transposed(coarse.data, I * J, K * L) },
    fine: { source: fine.target, target: fine.source },
  };
}

/** Where queries go, in fine cells of the other picture. */
export type FineMatches = Cells & {
  /** [n]: fine similarity times coarse share; above 0 but for strange places. */
  readonly score: Float32Array;
};

/** Queries per call: their similarities to a whole fine map are held at once. */
const BATCH = 512;

/**
 * The best fine cell of each query: similarities of the query's nearest fine descriptor, each multiplied with the share
 * of its coarse cell in the coarse row that is interpolated at the query. The lowest index of equals wins.
 *
 * @param queries fine cells of the own picture; (0, 0) gets coarse shares of 0 and so the first cell with score 0, as the
 * official code has it
 */
export async function findMatches(
  ops: Ops,
  { coarse, own: source, other: target }: OneWay,
  queries: Cells,
): Promise<FineMatches> {
  const cells = target.rows * target.cols, { channels } = source;
  using other = await ops.tensor(target.data, [cells, channels]);
  const near = nearestCoarse(target, coarse);
  const xy = new Float64Array(2 * queries.n), score = new Float32Array(queries.n);
  const [, , K, L] = coarse.size, shares = new Float32Array(K * L);
  for (let start = 0; start < queries.n; start += BATCH) {
    const n = Math.min(BATCH, queries.n - start);
    const nearest = Int32Array.from({ length: n }, (_, i) => {
      const x = queries.xy[2 * (start + i)]!, y = queries.xy[2 * (start + i) + 1]!;
      return clamp(roundHalfEven(y), source.rows) * source.cols + clamp(roundHalfEven(x), source.cols);
    });
    const own = await source.read(nearest);
    const data = await (await ops.correlate({ data: own, shape: [n, channels] }, other)).take();
    for (let i = 0; i < n; i++) {
      coarseShares(coarse, queries.xy[2 * (start + i)]! / RATIO, queries.xy[2 * (start + i) + 1]! / RATIO, shares);
      for (let cell = 0, at = i * cells; cell < cells; cell++, at++) data[at] = data[at]! * shares[near[cell]!]!;
    }
    const best = bestOfRows(data, n, cells, false);
    for (let i = 0; i < n; i++) {
      const to = best.index[i]!;
      xy[2 * (start + i)] = to < 0 ? NaN : to % target.cols;
      xy[2 * (start + i) + 1] = to < 0 ? NaN : Math.floor(to / target.cols);
      score[start + i] = best.score[i]!;
    }
  }
  return { n: queries.n, xy, score };
}

/** The coarse cell that each fine cell is enlarged from: floor(i * coarse / fine). */
function nearestCoarse({ rows, cols }: Descriptors, { size: [, , K, L] }: Volume): Int32Array {
  return Int32Array.from({ length: rows * cols }, (_, cell) => {
    const row = Math.floor(Math.floor(cell / cols) * K / rows), col = Math.floor(cell % cols * L / cols);
    return row * L + col;
  });
}

/** The coarse row at (x, y), bilinear between cells, as shares of its sum; 0 at the very origin. */
function coarseShares({ size: [I, J, K, L], data }: Volume, x: number, y: number, out: Float32Array): void {
  const x0 = Math.floor(x), y0 = Math.floor(y), fx = x - x0, fy = y - y0, m = K * L;
  const corner = (row: number, col: number) => (clamp(row, I) * J + clamp(col, J)) * m;
  const a = corner(y0, x0), b = corner(y0, Math.ceil(x)), c = corner(Math.ceil(y), x0);
  const d = corner(Math.ceil(y), Math.ceil(x));
  const inside = ((x > 1e-10 ? 1 : 0) + (y > 1e-10 ? 1 : 0)) / 2;
  const wa = (1 - fx) * (1 - fy) * inside, wb = fx * (1 - fy) * inside, wc = (1 - fx) * fy * inside;
  const wd = fx * fy * inside;
  let sum = 0;
  for (let i = 0; i < m; i++) {
    const value = wa * data[a + i]! + wb * data[b + i]! + wc * data[c + i]! + wd * data[d + i]!;
    out[i] = value;
    sum += value;
  }
  for (let i = 0; i < m; i++) out[i] = out[i]! / (sum + 1e-15);
}

function clamp(i: number, sides: number): number {
  return Math.min(Math.max(i, 0), sides - 1);
}

/** As NumPy and PyTorch round. */
function roundHalfEven(x: number): number {
  const down = Math.floor(x), rest = x - down;
  return rest < 0.5 || rest === 0.5 && down % 2 === 0 ? down : down + 1;
}

/**
 * The fine cells that the official sparse matcher asks for: those of the coarse cells with the best similarities, a
 * `share` of all. Order: for each place inside a coarse cell, row by row, every coarse cell, the best first.
 */
export function promisingCells({ size: [I, J, K, L], data }: Volume, share = 0.5): Cells {
  const { score } = bestOfRows(data, I * J, K * L, false);
  const order = [...score.keys()].sort((a, b) => score[b]! - score[a]! || a - b).slice(0, Math.floor(share * I * J));
  const xy: number[] = [];
  for (let i = 0; i < RATIO; i++) {
    for (let j = 0; j < RATIO; j++) {
      for (const cell of order) xy.push(cell % J * RATIO + j, Math.floor(cell / J) * RATIO + i);
    }
  }
  return { n: xy.length / 2, xy: Float64Array.from(xy) };
}

/** Matches there and back again. */
export interface RoundTrip {
  readonly there: FineMatches;
  readonly back: FineMatches;
  /** [n]: 1 where the way back ends where it began. */
  readonly kept: Uint8Array;
}

/** Follows each query to the other picture and back. */
export async function roundTrip(ops: Ops, view: View, queries: Cells): Promise<RoundTrip> {
  const there = await findMatches(ops, oneWay(view), queries);
  const back = await findMatches(ops, oneWay(reversed(view)), there);
  const kept = Uint8Array.from({ length: queries.n }, (_, i) => {
    const same = back.xy[2 * i] === queries.xy[2 * i] && back.xy[2 * i + 1] === queries.xy[2 * i + 1];
    return same ? 1 : 0;
  });
  return { there, back, kept };
}
