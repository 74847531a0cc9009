/**
 * What the family's networks end in: for every cell of the picture that is asked from, a position in the other one.
 *
 * The official codes call the picture they ask from "target": their flow leads from target cells to source positions, and
 * their evaluation carries target keypoints to the source picture. Here the picture asked from is the SOURCE of
 * `Method.correspond`, as everywhere in this project; `run.direction=reverse` asks the way the official evaluations do.
 *
 * @module
 */
import type { Ops } from "../../ffi/mod.ts";

/** A position per cell. */
export interface PositionField {
  /** Cells of the picture asked from. */
  readonly rows: number;
  readonly cols: number;
  /** Cells of the other picture. */
  readonly other: { readonly rows: number; readonly cols: number };
  /** [rows][cols][2]: column, row on the other picture's cells. */
  readonly to: Float32Array;
  /** [rows][cols]: higher is better. */
  readonly score: Float32Array;
}

/** The temperature of the family's soft-argmax. */
export const TEMPERATURE = 0.02;

/** A whole volume of one channel. */
export interface AskedVolume {
  readonly rows: number;
  readonly cols: number;
  readonly other: { readonly rows: number; readonly cols: number };
  /** [rows][cols][other rows][other cols] */
  readonly data: Float32Array;
}

/**
 * The soft-argmax of every cell over the other picture: the expectation of linspace(-1, 1, n) under the soft-max of
 * similarity / temperature, in cells. The score is the cell's best similarity.
 */
export async function expectedPositions(
  ops: Ops,
  { rows, cols, other, data }: AskedVolume,
  temperature = TEMPERATURE,
): Promise<PositionField> {
  const n = rows * cols, m = other.rows * other.cols;
  const volume = { data, shape: [n, other.rows, other.cols] };
  const to = await (await ops.softArgmax(volume, { temperature })).take();
  return { rows, cols, other, to, score: largestOfRows(data, n, m) };
}

/** The largest value of each row of [n][m]; NaN never wins. */
export function largestOfRows(data: ArrayLike<number>, n: number, m: number): Float32Array {
  const out = new Float32Array(n).fill(-Infinity);
  for (let row = 0, at = 0; row < n; row++) {
    let most = -Infinity;
    for (let j = 0; j < m; j++, at++) if (data[at]! > most) most = data[at]!;
    out[row] = most;
  }
  return out;
}

/** The field as displacements in cells, as the official codes store it. @returns [rows][cols][2]: x, y */
export function displacements({ cols, to }: PositionField): Float32Array {
  return to.map((value, i) => value - (i % 2 === 0 ? (i >> 1) % cols : Math.floor((i >> 1) / cols)));
}

/** The field in the official grid's unit: -1 and 1 are the first and last cell. @returns [2][rows][cols] */
export function normalisedPlanes({ other, to }: PositionField): Float32Array {
  const n = to.length / 2, out = new Float32Array(to.length);
  for (let i = 0; i < n; i++) {
    out[i] = 2 * to[2 * i]! / (other.cols - 1) - 1;
    out[n + i] = 2 * to[2 * i + 1]! / (other.rows - 1) - 1;
  }
  return out;
}
