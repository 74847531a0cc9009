/**
 * Finds the best-scored source position of every asked target position: PatchMatch on the field, then steps along its
 * slopes (Hong et al., NeurIPS 2022). Random numbers come from a seed, so that the same pair has the same matches.
 *
 * @module
 */
import { Random } from "../../../core/metrics/random.ts";
import { type AskedCosts, pairCosts } from "./costs.ts";
import { COST, type FieldNetwork, HARMONIC, harmonics, harmonicsBack } from "./field.ts";

/** How long and how far to search. */
export interface SearchOptions {
  readonly rounds: number;
  readonly steps: number;
  /** Step size at the beginning; a half cosine brings it to 0. */
  readonly rate: number;
  /** Largest random displacement per axis, in units of half the picture's side. */
  readonly radius: number;
  readonly seed: number;
}

/** A square field of asked positions over the target. */
export interface Asked {
  readonly side: number;
  /** [side][side][2] */
  readonly at: Float32Array;
  readonly costs: AskedCosts;
}

/** Positions in the source, [n][2], and their scores. */
export interface Found {
  readonly at: Float32Array;
  readonly score: Float32Array;
}

/** Both parts of the search. @param start [n][2] */
export async function search(
  network: FieldNetwork,
  asked: Asked,
  start: Float32Array,
  options: SearchOptions,
): Promise<Found> {
  const field = new Field(network, asked);
  return await climb(field, await patchMatch(field, start, options), options);
}

/** Scores of pairs (asked position, source position). */
class Field {
  readonly #targets: Float32Array;

  constructor(readonly network: FieldNetwork, readonly asked: Asked) {
    this.#targets = harmonics(asked.at);
  }

  get count(): number {
    return this.asked.side ** 2;
  }

  /** @param at [turns * count][2]: whole fields of candidates, one after the other */
  async score(at: Float32Array): Promise<Float32Array> {
    const { costs } = pairCosts(this.asked.costs, at, this.#which(at));
    return await this.network.score(this.#points(harmonics(at)), costs);
  }

  /** d score / d position. @param at [count][2] @returns [count][2] */
  async slopes(at: Float32Array): Promise<Float64Array> {
    const { costs, slopes: ofCosts } = pairCosts(this.asked.costs, at, this.#which(at), true);
    const sources = harmonics(at), slopes = await this.network.slopes(this.#points(sources), costs);
    const out = harmonicsBack(sources, slopes.points, 2 * HARMONIC, 0), [x, y] = ofCosts!;
    for (let i = 0; i < this.count; i++) {
      for (let c = i * COST; c < (i + 1) * COST; c++) {
        out[2 * i]! += slopes.costs[c]! * x[c]!;
        out[2 * i + 1]! += slopes.costs[c]! * y[c]!;
      }
    }
    return out;
  }

  /** Which asked position each candidate belongs to. */
  #which(at: Float32Array): Int32Array {
    return Int32Array.from({ length: at.length / 2 }, (_, i) => i % this.count);
  }

  /** Each candidate's embedding and that of its asked position. */
  #points(sources: Float32Array): Float32Array {
    const n = sources.length / HARMONIC, width = 2 * HARMONIC, points = new Float32Array(n * width);
    for (let i = 0; i < n; i++) {
      points.set(sources.subarray(i * HARMONIC, (i + 1) * HARMONIC), i * width);
      const target = i % this.count * HARMONIC;
      points.set(this.#targets.subarray(target, target + HARMONIC), i * width + HARMONIC);
    }
    return points;
  }
}

/** Steps to the neighbours whose matches are tried. */
const NEIGHBOURS = [[-1, 0], [1, 0], [0, -1], [0, 1]] as const;

/**
 * Every round each position tries its four neighbours' matches of the round before, moved as it lies to them, and a random
 * place near its own match. A candidate wins only by being better.
 */
async function patchMatch(field: Field, start: Float32Array, options: SearchOptions): Promise<Found> {
  const { side } = field.asked, n = field.count, random = new Random(options.seed), gap = side > 1 ? 2 / (side - 1) : 0;
  let at = start.map(inside), score = await field.score(at);
  for (let round = 0; round < options.rounds; round++) {
    const candidates = new Float32Array((NEIGHBOURS.length + 1) * 2 * n);
    NEIGHBOURS.forEach(([dx, dy], turn) => {
      for (let i = 0; i < n; i++) {
        const x = i % side + dx, y = Math.floor(i / side) + dy;
        const there = x >= 0 && x < side && y >= 0 && y < side ? y * side + x : i;
        const to = 2 * (turn * n + i);
        candidates[to] = inside(at[2 * there]! - (there === i ? 0 : dx * gap));
        candidates[to + 1] = inside(at[2 * there + 1]! - (there === i ? 0 : dy * gap));
      }
    });
    for (let i = 0; i < 2 * n; i++) {
      candidates[NEIGHBOURS.length * 2 * n + i] = inside(at[i]! + options.radius * (random.next() / 2 ** 31 - 1));
    }
    const tried = await field.score(candidates), next = at.slice(), best = score.slice();
    for (let k = 0; k < tried.length; k++) {
      const i = k % n;
      if (!(tried[k]! > best[i]!)) continue;
      best[i] = tried[k]!;
      next[2 * i] = candidates[2 * k]!;
      next[2 * i + 1] = candidates[2 * k + 1]!;
    }
    at = next;
    score = best;
  }
  return { at, score };
}

/** AdamW as torch has it: betas .9, .999, decay .01. */
const MOMENTS = [0.9, 0.999] as const, DECAY = 0.01;

/** Moves every position up the score's slope. */
async function climb(field: Field, { at }: Found, { steps, rate }: SearchOptions): Promise<Found> {
  const first = new Float64Array(at.length), second = new Float64Array(at.length), moved = at.slice();
  for (let step = 0; step < steps; step++) {
    const slopes = await field.slopes(moved);
    const now = rate * (1 + Math.cos(Math.PI * step / steps)) / 2;
    for (let i = 0; i < moved.length; i++) {
      // Torch minimises: the loss is the negative score.
      const g = -slopes[i]!;
      first[i] = MOMENTS[0] * first[i]! + (1 - MOMENTS[0]) * g;
      second[i] = MOMENTS[1] * second[i]! + (1 - MOMENTS[1]) * g * g;
      const mean = first[i]! / (1 - MOMENTS[0] ** (step + 1)), size = second[i]! / (1 - MOMENTS[1] ** (step + 1));
      moved[i] = inside(moved[i]! * (1 - now * DECAY) - now * mean / (Math.sqrt(size) + 1e-8));
    }
  }
  return { at: moved, score: await field.score(moved) };
}

function inside(value: number): number {
  return Math.min(Math.max(value, -1), 1);
}
