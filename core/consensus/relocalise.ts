/**
 * Fine maps through a coarse volume (NC-Net's InLoc variant): the correlation is max-pooled over boxes of k cells along
 * every axis, and each coarse match remembers which fine cells it came from.
 *
 * @module
 */
import type { Ops } from "../../ffi/mod.ts";
import { InputError } from "../errors.ts";
import type { Pair } from "../types.ts";
import { type Descriptors, FEATURE_NORM, type Volume } from "./volume.ts";

/** A pooled volume and where its values were found. */
export interface PooledVolume extends Volume {
  /** Side of the boxes. */
  readonly k: number;
  /** Per coarse value: the place inside its box, `((i * k + j) * k + r) * k + c`; the first of equals. */
  readonly offset: Uint16Array;
}

/** Offsets of a place inside its box: source row, source column, target row, target column. */
export function unpackOffset(place: number, k: number): [number, number, number, number] {
  return [Math.floor(place / (k * k * k)), Math.floor(place / (k * k)) % k, Math.floor(place / k) % k, place % k];
}

/**
 * The correlation of two fine maps, pooled. The fine volume is never whole in memory: k rows of source cells at a time.
 *
 * @throws InputError where a side of a map is no multiple of k.
 */
export async function pooledCorrelation(ops: Ops, maps: Pair<Descriptors>, k: number): Promise<PooledVolume> {
  const { source, target } = maps;
  const sides = [source.rows, source.cols, target.rows, target.cols];
  if (sides.some((side) => side % k !== 0)) {
    throw new InputError(
      `Cannot pool maps of ${source.rows} x ${source.cols} and ${target.rows} x ${target.cols} cells by ${k}: ` +
        `every side must be a multiple; choose another backbone.size or relocalise=1`,
    );
  }
  const [I, J, K, L] = sides.map((side) => side / k) as [number, number, number, number];
  const data = new Float32Array(I * J * K * L), offset = new Uint16Array(data.length);
  using from = await ops.tensor(source.data, [source.rows * source.cols, source.channels]);
  using to = await ops.tensor(target.data, [target.rows * target.cols, target.channels]);
  const band = k * source.cols;
  for (let i = 0; i < I; i++) {
    const rows = Int32Array.from({ length: band }, (_, at) => i * band + at);
    const fine = await (await ops.correlate(from, to, { rows, norm: FEATURE_NORM })).take();
    const at = i * J * K * L;
    poolBand(fine, [k, source.cols, target.rows, target.cols], k, data.subarray(at), offset.subarray(at));
  }
  return { size: [I, J, K, L], data, k, offset };
}

/** Largest value of each box of a band [k][source cols][target rows][target cols]. */
function poolBand(
  fine: Float32Array,
  [, cols, rows2, cols2]: readonly [number, number, number, number],
  k: number,
  out: Float32Array,
  offset: Uint16Array,
): void {
  const cells2 = rows2 * cols2;
  let coarse = 0;
  for (let j = 0; j < cols; j += k) {
    for (let r = 0; r < rows2; r += k) {
      for (let c = 0; c < cols2; c += k, coarse++) {
        let most = -Infinity, first = 0, place = 0;
        for (let di = 0; di < k; di++) {
          for (let dj = 0; dj < k; dj++) {
            for (let dr = 0; dr < k; dr++) {
              const at = (di * cols + j + dj) * cells2 + (r + dr) * cols2 + c;
              for (let dc = 0; dc < k; dc++, place++) {
                const value = fine[at + dc]!;
                if (value > most) {
                  most = value;
                  first = place;
                }
              }
            }
          }
        }
        out[coarse] = most;
        offset[coarse] = first;
      }
    }
  }
}
