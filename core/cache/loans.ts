/**
 * Who may still read the memory of a feature map.
 *
 * @module
 */
import { BufferPool } from "./buffers.ts";
import type { Method } from "../types.ts";

/** Free memory kept for the next maps: a dozen maps of a ViT-B at 840 x 840. */
const POOL_BYTES = 128 * 1024 * 1024;

/**
 * Lends the memory of stored maps to the calls of a method.
 *
 * The cache owns the memory that it reads maps into; a call of the method borrows it. What the cache has evicted is used
 * again when no call runs any more. Memory is used again only where all of its readers are known: never after a map was
 * asked for outside a call, and never after a call that failed, since parts of it may still be at work.
 */
export class Loans {
  readonly #pool = new BufferPool(POOL_BYTES);
  /** Buffers given out, with the number of failures at that time. */
  readonly #issued = new WeakMap<ArrayBufferLike, number>();
  #returned: ArrayBuffer[] = [];
  #calls = 0;
  #failures = 0;
  #readersKnown = true;

  /** Memory of at least `bytes` bytes, content arbitrary. */
  take(bytes: number): ArrayBuffer {
    const buffer = this.#pool.take(bytes);
    this.#issued.set(buffer, this.#failures);
    return buffer;
  }

  /** Takes back what nobody has seen. */
  untake(buffer: ArrayBuffer): void {
    this.#issued.delete(buffer);
    this.#pool.give(buffer);
  }

  /** A map is asked for: by a running call, or by somebody whose end cannot be known. */
  asked(): void {
    if (this.#calls === 0) this.#readersKnown = false;
  }

  /** The cache has let go of a map; its memory is used again after the calls that run now. */
  release(buffer: ArrayBufferLike): void {
    if (this.#calls === 0 || !this.#readersKnown || this.#issued.get(buffer) !== this.#failures) return;
    this.#issued.delete(buffer);
    this.#returned.push(buffer as ArrayBuffer);
  }

  /** Runs a call: maps asked for in it are borrowed until it ends. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    this.#calls++;
    try {
      return await call();
    } catch (error) {
      this.#failures++;
      this.#returned = [];
      throw error;
    } finally {
      this.#calls--;
      if (this.#calls === 0) {
        if (this.#readersKnown) { for (const buffer of this.#returned) this.#pool.give(buffer); }
        this.#returned = [];
      }
    }
  }
}

/**
 * The method with each of its matching calls as a borrower; everything else of it, its class too, stays as it is. What it
 * returns must not be a view of a map.
 */
export function borrowing(method: Method, loans: Loans): Method {
  return new Proxy(method, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      // Bound, since private fields are the method's own.
      const call = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
      if (key !== "correspond" && key !== "flow") return call;
      return (...args: unknown[]) => loans.during(() => call(...args));
    },
  });
}
