/**
 * The cost volume between positions: bilinear in both pictures, 0 outside them.
 *
 * @module
 */
import { encode, type EncoderBlock, type Ops, type Tensor } from "../../../core/hyper/separable.ts";
import { COST } from "./field.ts";

/** Rows and columns of a picture's cells. */
export interface Cells2d {
  readonly rows: number;
  readonly cols: number;
}

/**
 * The volume that the field samples: the refined correlations and one more, convolved once.
 *
 * @param refined [64][source cells][target cells]
 * @param projected [source cells][target cells]
 * @returns [1][64][source rows][source cols][target rows][target cols]; the caller frees it
 */
export async function costVolume(
  ops: Ops,
  { refined, projected }: { readonly refined: Float32Array; readonly projected: Float32Array },
  source: Cells2d,
  target: Cells2d,
  block: EncoderBlock,
): Promise<Tensor> {
  const all = new Float32Array(refined.length + projected.length);
  all.set(refined);
  all.set(projected, refined.length);
  using x = await ops.tensor(all, [1, COST + 1, source.rows, source.cols, target.rows, target.cols]);
  return await encode(ops, x, block);
}

/** Costs of some positions of the target to all cells of the source. */
export interface AskedCosts {
  readonly source: Cells2d;
  /** [positions][source rows][source cols][COST] */
  readonly data: Float32Array;
}

/**
 * Reads the volume at positions of the target.
 *
 * @param volume [64][source cells][target cells]
 * @param at [n][2]: x, y in [-1, 1], cells at the corners
 */
export async function askCosts(
  ops: Ops,
  volume: Float32Array,
  source: Cells2d,
  target: Cells2d,
  at: Float32Array,
): Promise<AskedCosts> {
  const from = source.rows * source.cols, to = target.rows * target.cols, map = new Float32Array(volume.length);
  // [c][s][t] -> [t][s][c], some target cells at a time, so that what is written stays in the cache.
  const tile = 16;
  for (let s = 0; s < from; s++) {
    for (let t0 = 0; t0 < to; t0 += tile) {
      const t1 = Math.min(t0 + tile, to);
      for (let c = 0; c < COST; c++) {
        const row = (c * from + s) * to;
        for (let t = t0; t < t1; t++) map[(t * from + s) * COST + c] = volume[row + t]!;
      }
    }
  }
  const cells = at.map((value, i) => (value + 1) / 2 * ((i % 2 === 0 ? target.cols : target.rows) - 1));
  const shape = [target.rows, target.cols, from * COST];
  const data = await (await ops.sample({ data: map, shape }, { data: cells, shape: [at.length / 2, 2] })).take();
  return { source, data };
}

/** Costs at pairs of positions, and how they change with the source's. */
export interface PairCosts {
  /** [n][COST] */
  readonly costs: Float32Array;
  /** d costs / d x, d costs / d y, each [n][COST]; only where asked for. */
  readonly slopes?: readonly [Float32Array, Float32Array];
}

/**
 * Reads costs at positions of the source.
 *
 * @param at [n][2]: x, y in [-1, 1]
 * @param asked [n]: which of the asked positions each belongs to
 */
export function pairCosts(
  { source: { rows, cols }, data }: AskedCosts,
  at: ArrayLike<number>,
  asked: ArrayLike<number>,
  withSlopes = false,
): PairCosts {
  const n = asked.length, costs = new Float32Array(n * COST);
  const slopes = withSlopes ? [new Float32Array(n * COST), new Float32Array(n * COST)] as const : undefined;
  for (let i = 0; i < n; i++) {
    const x = (at[2 * i]! + 1) / 2 * (cols - 1), y = (at[2 * i + 1]! + 1) / 2 * (rows - 1);
    const x0 = Math.floor(x), y0 = Math.floor(y), fx = x - x0, fy = y - y0;
    for (let corner = 0; corner < 4; corner++) {
      const right = corner % 2, low = corner >> 1, cx = x0 + right, cy = y0 + low;
      if (!(cx >= 0 && cx < cols && cy >= 0 && cy < rows)) continue;
      const wx = right ? fx : 1 - fx, wy = low ? fy : 1 - fy, w = wx * wy;
      const dx = (right ? 1 : -1) * wy * (cols - 1) / 2, dy = (low ? 1 : -1) * wx * (rows - 1) / 2;
      const from = ((asked[i]! * rows + cy) * cols + cx) * COST, to = i * COST;
      for (let c = 0; c < COST; c++) {
        const value = data[from + c]!;
        costs[to + c]! += w * value;
        if (slopes === undefined) continue;
        slopes[0][to + c]! += dx * value;
        slopes[1][to + c]! += dy * value;
      }
    }
  }
  return slopes === undefined ? { costs } : { costs, slopes };
}
