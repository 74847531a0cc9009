import type { ByteMap, Image } from "../../../core/types.ts";
import type { Pyramid } from "./solver.ts";

/** What is kept of a picture. */
export interface Described {
  readonly map: ByteMap;
  readonly pyramid: Pyramid;
}

interface Entry {
  readonly value: Promise<Described>;
  users: number;
  dropped: boolean;
}

/** Pictures kept beside those in use: benchmarks match one source with many targets. */
const KEPT = 2;

/** Makes pyramids and keeps the last ones. */
export class PyramidStore {
  readonly #make: (image: Image) => Promise<Described>;
  readonly #entries = new Map<string, Entry>();

  constructor(make: (image: Image) => Promise<Described>) {
    this.#make = make;
  }

  /** Gives both pictures' pyramids to `work`; they live at least until it ends. */
  async use<T>(source: Image, target: Image, work: (a: Described, b: Described) => Promise<T>): Promise<T> {
    const held = [this.#hold(source), this.#hold(target)] as const;
    try {
      return await work(await held[0].value, await held[1].value);
    } finally {
      for (const entry of held) this.#release(entry);
    }
  }

  /** Frees what is not in use, and the rest as soon as it is not. */
  clear(): void {
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }

  #hold(image: Image): Entry {
    const key = `${image.sha256} ${image.width}x${image.height}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { value: this.#make(image), users: 0, dropped: false };
      // A picture that fails is tried again next time; who waits for it is told.
      entry.value.catch(() => this.#entries.delete(key));
    }
    entry.users++;
    // Insertion order is order of use.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const [oldest, candidate] of this.#entries) {
      if (this.#entries.size <= KEPT) break;
      if (candidate.users === 0) this.#drop(oldest);
    }
    return entry;
  }

  #release(entry: Entry): void {
    entry.users--;
    if (entry.users === 0 && entry.dropped) free(entry);
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key)!;
    this.#entries.delete(key);
    entry.dropped = true;
    if (entry.users === 0) free(entry);
  }
}

function free(entry: Entry): void {
  entry.value.then(({ pyramid }) => pyramid[Symbol.dispose](), () => {});
}
