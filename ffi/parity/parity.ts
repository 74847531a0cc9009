/**
 * What `tests/parity_test.ts` runs: every operation, on random shapes, on every implementation, against the reference.
 *
 * @module
 */
import type { Ops } from "../mod.ts";
import type { Tensor } from "../tensor.ts";

/** Random numbers that are the same on every run. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(values: readonly T[]): T {
    return values[this.integer(0, values.length - 1)]!;
  }

  /** `count` values in [-1, 1). */
  floats(count: number): Float32Array<ArrayBuffer> {
    return Float32Array.from({ length: count }, () => this.next() * 2 - 1);
  }

  /** Whole numbers in [-high, high]: sums of their products are exact, so ties are ties everywhere. */
  wholes(count: number, high = 3): Float32Array<ArrayBuffer> {
    return Float32Array.from({ length: count }, () => this.integer(-high, high));
  }

  /** Values in [-1, 1) with NaN and both infinities strewn in. */
  wild(count: number, share = 0.05): Float32Array<ArrayBuffer> {
    return Float32Array.from({ length: count }, () => {
      if (this.next() >= share) return this.next() * 2 - 1;
      return this.pick([NaN, Infinity, -Infinity]);
    });
  }

  /** A size from those where mistakes hide: 0, 1, primes, around vector and tile widths. */
  size(most = 67): number {
    return this.pick([0, 1, 1, 2, 3, 5, 7, 8, 13, 16, 17, 31, 33, 64, 67].filter((size) => size <= most));
  }

  /** As {@linkcode size}, never 0. */
  side(most = 67): number {
    return Math.max(1, this.size(most));
  }
}

/** One comparison: the same call on two implementations. */
export interface ParityCase {
  /** Shapes and options, for the message. */
  readonly name: string;
  /** Runs the operation; the outputs by name. The harness reads, checks and frees them. */
  run(ops: Ops): Promise<Readonly<Record<string, Tensor>>>;
  /** Overrides the operation's tolerance. */
  readonly tolerance?: number;
}

/** One operation's cases. */
export interface ParityOp {
  readonly name: string;
  /** Largest |difference| allowed, relative to the reference's largest finite |value| (int32: always exact). */
  readonly tolerance: number;
  /** Fixed cases worth naming, then random ones; the harness takes `rounds` of the latter. */
  readonly fixed?: (random: Random) => readonly ParityCase[];
  readonly random: (random: Random) => ParityCase;
}

/** The error of one output by the rule of {@linkcode ParityOp.tolerance}; Infinity where NaN or infinity differ. */
export function parityError(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  if (expected.length !== actual.length) return Infinity;
  let scale = 0, worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const e = expected[i]!, a = actual[i]!;
    if (Number.isFinite(e) && Number.isFinite(a)) {
      scale = Math.max(scale, Math.abs(e));
      worst = Math.max(worst, Math.abs(e - a));
    } else if (!Object.is(e, a)) return Infinity;
  }
  return worst === 0 ? 0 : worst / Math.max(scale, 1e-30);
}
