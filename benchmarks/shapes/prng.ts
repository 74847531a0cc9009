/** Mixes 32-bit integers into one 32-bit hash (the finaliser of MurmurHash3, chained). */
export function mix(...values: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const value of values) {
    h = Math.imul(h ^ value, 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h + 0x165667b1, 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h >>> 0;
}

/** A 32-bit hash of a text (FNV-1a over UTF-16 units), to turn names into seeds. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/**
 * xoshiro128** (Blackman and Vigna, 2018) on 32-bit integers: the same numbers on every machine, unlike Math.random.
 */
export class Random {
  readonly #s: Uint32Array;

  /** @param seeds any integers; only their low 32 bits count. Different lists give independent streams. */
  constructor(...seeds: readonly number[]) {
    this.#s = Uint32Array.from([1, 2, 3, 4], (i) => mix(...seeds, i));
  }

  /** A stream that starts at a given state of the generator. */
  static ofState(s0: number, s1: number, s2: number, s3: number): Random {
    const random = new Random();
    random.#s.set([s0, s1, s2, s3]);
    return random;
  }

  /** An integer in [0, 2^32). */
  uint32(): number {
    const s = this.#s;
    const s0 = s[0]!, s1 = s[1]!, s2 = s[2]!, s3 = s[3]!;
    const five = Math.imul(s1, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const a = s2 ^ s0, b = s3 ^ s1;
    s[1] = s1 ^ a;
    s[0] = s0 ^ b;
    s[2] = a ^ (s1 << 9);
    s[3] = (b << 11) | (b >>> 21);
    return result;
  }

  /** A number in [low, high). */
  range(low: number, high: number): number {
    return low + (high - low) * (this.uint32() / 4294967296);
  }

  /** `centre` times or divided by up to `1 + spread`: proportions vary evenly in both directions. */
  about(centre: number, spread: number): number {
    const t = this.range(-1, 1);
    return t < 0 ? centre / (1 - t * spread) : centre * (1 + t * spread);
  }

  /** An integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.range(0, n));
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.range(0, 1) < probability;
  }

  /** One of the items. Throws RangeError when there are none. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("Cannot pick from an empty list");
    return items[this.below(items.length)]!;
  }

  /** The items in random order (Fisher-Yates), as a new array. */
  shuffle<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }
}
