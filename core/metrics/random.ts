/**
 * sfc32: a small, fast generator of 32-bit numbers that is the same on every machine (Chris Doty-Humphrey's Small Fast
 * Counting generator, 128-bit state). For resampling, not for secrets.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = 0x9e3779b9;
    this.#b = seed | 0;
    this.#c = Math.floor(seed / 2 ** 32) | 0;
    // The first outputs of neighbouring seeds resemble each other.
    for (let i = 0; i < 15; i++) this.next();
  }

  /** An unsigned 32-bit integer. */
  next(): number {
    const t = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }

  /** An integer in [0, n). The bias of the scaling is below n / 2^32. */
  below(n: number): number {
    return Math.floor(this.next() * (n / 4294967296));
  }
}
