/**
 * PatchMatch over a score of pairs of cells that is asked for, batch by batch, and never known as a whole. Random numbers
 * come from a seed, so that the same pair of pictures has the same matches.
 *
 * @module
 */
import type { CellMatches } from "../../../core/consensus/matches.ts";
import type { Size4 } from "../../../core/consensus/volume.ts";
import { Random } from "../../../core/metrics/random.ts";

/** Scores of pairs. @param pairs [n][2]: source cell, target cell @returns [n], higher is better */
export type Score = (pairs: Int32Array) => Promise<Float32Array>;

/** How long and how far to search. */
export interface SearchOptions {
  readonly rounds: number;
  /** Half a side of the first window of places drawn around a match, in target cells; later ones halve down to 1. */
  readonly radius: number;
  readonly seed: number;
}

/** Steps to the neighbours whose matches are tried: left, right, above, below. */
const NEIGHBOURS = [[0, -1], [0, 1], [-1, 0], [1, 0]] as const;

/**
 * In each round every source cell tries what lies beside its neighbours' matches, all cells reading the same field, then
 * places drawn around the best it has. A candidate wins only by a better score (NaN loses to anything), so no round makes
 * a match worse; none is scored twice.
 *
 * @param start [source cells]: the first matches, cells of the target
 */
export async function patchMatch(
  size: Size4,
  start: ArrayLike<number>,
  score: Score,
  { rounds, radius, seed }: SearchOptions,
): Promise<CellMatches> {
  const [I, J, K, L] = size, n = I * J, m = K * L, random = new Random(seed);
  const index = Int32Array.from(start), best = new Float32Array(n).fill(NaN), known = new Set<number>();

  async function attempt(sources: readonly number[], targets: readonly number[]): Promise<void> {
    const pairs: number[] = [];
    sources.forEach((source, i) => {
      const key = source * m + targets[i]!;
      if (known.has(key)) return;
      known.add(key);
      pairs.push(source, targets[i]!);
    });
    if (pairs.length === 0) return;
    const scores = await score(Int32Array.from(pairs));
    for (let i = 0; i < scores.length; i++) {
      const source = pairs[2 * i]!;
      if (!(scores[i]! > best[source]!) && !(Number.isNaN(best[source]!) && !Number.isNaN(scores[i]!))) continue;
      best[source] = scores[i]!;
      index[source] = pairs[2 * i + 1]!;
    }
  }

  await attempt(Array.from({ length: n }, (_, cell) => cell), [...index]);
  for (let round = 0; round < rounds; round++) {
    const sources: number[] = [], targets: number[] = [];
    const propose = (source: number, row: number, col: number) => {
      if (row < 0 || row >= K || col < 0 || col >= L) return;
      sources.push(source);
      targets.push(row * L + col);
    };
    for (const [down, right] of NEIGHBOURS) {
      for (let cell = 0; cell < n; cell++) {
        const row = Math.floor(cell / J) + down, col = cell % J + right;
        if (row < 0 || row >= I || col < 0 || col >= J) continue;
        const match = index[row * J + col]!;
        propose(cell, Math.floor(match / L) - down, match % L - right);
      }
    }
    await attempt(sources.splice(0), targets.splice(0));
    for (let reach = radius; reach >= 1; reach = Math.floor(reach / 2)) {
      const near = (at: number, cells: number) => {
        const low = Math.max(at - reach, 0), high = Math.min(at + reach, cells - 1);
        return low + random.below(high - low + 1);
      };
      for (let cell = 0; cell < n; cell++) {
        propose(cell, near(Math.floor(index[cell]! / L), K), near(index[cell]! % L, L));
      }
    }
    await attempt(sources, targets);
  }
  return { index, score: best };
}

/** A target cell for every source cell, drawn at random. */
export function randomStart([I, J, K, L]: Size4, seed: number): Int32Array {
  const random = new Random(seed);
  return Int32Array.from({ length: I * J }, () => random.below(K * L));
}
