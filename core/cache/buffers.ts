/** A buffer is used for a need that is at most this much smaller: maps of one network differ little in size. */
const SLACK = 1.25;

/**
 * Released buffers, kept so that the next map of about the same size needs no fresh memory: where pages are dear (a
 * virtual machine may take 10 microseconds for each), taking them costs far more than reading a file into them.
 */
export class BufferPool {
  readonly #free: ArrayBuffer[] = [];
  #held = 0;

  /** @param maxBytes kept free at most; what is released beyond that is left to the garbage collector. */
  constructor(readonly maxBytes: number) {}

  /** A buffer of at least `bytes` bytes with arbitrary content: the smallest that fits, or a new one. */
  take(bytes: number): ArrayBuffer {
    let best = -1;
    this.#free.forEach(({ byteLength }, i) => {
      const fits = byteLength >= bytes && byteLength <= bytes * SLACK;
      if (fits && (best < 0 || byteLength < this.#free[best]!.byteLength)) best = i;
    });
    if (best < 0) return new ArrayBuffer(bytes);
    const [buffer] = this.#free.splice(best, 1) as [ArrayBuffer];
    this.#held -= buffer.byteLength;
    return buffer;
  }

  /**
   * Takes a buffer back. It is detached: every view of it has length 0 from now on, so that one that was forgotten can
   * never show another picture's values.
   */
  give(buffer: ArrayBuffer): void {
    const own = buffer.transfer();
    if (this.#held + own.byteLength > this.maxBytes) return;
    this.#free.push(own);
    this.#held += own.byteLength;
  }
}
