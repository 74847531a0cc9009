/** Values by key, the least recently used given up first, bounded in bytes; the newest always stays. */
export class Lru<T> {
  readonly #entries = new Map<string, { value: T; bytes: number }>();
  #held = 0;

  constructor(readonly maxBytes: number) {}

  /** The value, which is then the most recently used. */
  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    // Insertion order is order of use.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value and returns what had to go for it. */
  set(key: string, value: T, bytes: number): { key: string; value: T }[] {
    this.#held += bytes - (this.#entries.get(key)?.bytes ?? 0);
    this.#entries.delete(key);
    this.#entries.set(key, { value, bytes });
    const evicted: { key: string; value: T }[] = [];
    for (const [oldest, entry] of this.#entries) {
      if (this.#held <= this.maxBytes || this.#entries.size === 1) break;
      this.#entries.delete(oldest);
      this.#held -= entry.bytes;
      evicted.push({ key: oldest, value: entry.value });
    }
    return evicted;
  }

  clear(): void {
    this.#entries.clear();
    this.#held = 0;
  }
}
