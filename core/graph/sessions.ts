import type { Model } from "./model.ts";
import { Session } from "./session.ts";
import { defaultSession, type SessionOptions } from "./session_options.ts";

/** Networks of a method that differ only in the sizes they are built for: opened when first needed, the last few kept. */
export class Sessions<S> {
  readonly #open = new Map<string, Promise<Session>>();

  /**
   * @param build the network for given sizes
   * @param keyOf what tells sizes apart
   * @param limit how many stay open; each holds the weights once
   */
  constructor(
    readonly build: (sizes: S) => Model,
    readonly keyOf: (sizes: S) => string,
    readonly limit = 2,
    readonly options: SessionOptions = defaultSession,
  ) {}

  /** The session for given sizes. */
  get(sizes: S): Promise<Session> {
    const key = this.keyOf(sizes);
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    for (const [old, session] of [...this.#open].slice(0, Math.max(0, this.#open.size - this.limit + 1))) {
      this.#open.delete(old);
      session.then((open) => open.close(), () => {});
    }
    const session = Session.open(this.build(sizes), this.options);
    session.catch(() => this.#open.delete(key));
    this.#open.set(key, session);
    return session;
  }

  /** Gives the sessions back. */
  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map((session) => session.then((opened) => opened.close(), () => {})));
  }
}
