/**
 * A network whose form depends on the maps it is given: opened at their first sight, kept while they stay the same.
 *
 * @module
 */
import type { Model } from "../graph/model.ts";
import { Session, type Tensor, type Tensors } from "../graph/session.ts";
import { defaultSession } from "../graph/session_options.ts";
import type { FeatureMap } from "../types.ts";

/** What a network has to know of a map. */
export function sizeOf({ grid: { rows, cols }, channels }: FeatureMap) {
  return { rows, cols, channels };
}

/** Maps as inputs `NAME0`, `NAME1`, ...: [1][rows][cols][channels]. */
export function inputsOf(name: string, maps: readonly FeatureMap[]): { [name: string]: Tensor } {
  return Object.fromEntries(maps.map(({ grid: { rows, cols }, channels, data }, i) => [
    `${name}${i}`,
    // A run takes its inputs' memory away; these belong to the feature cache.
    { shape: [1, rows, cols, channels], data: new Float32Array(data) },
  ]));
}

/** Sessions by a key, the last few of them open. */
export class OpenNetworks {
  readonly #open = new Map<string, Promise<Session>>();

  constructor(readonly limit = 2) {}

  /** Runs the network of a key; `make` builds it where it is not open. Inputs are given away. */
  async run(key: string, make: () => Model, inputs: Tensors): Promise<{ [name: string]: Tensor }> {
    let session = this.#open.get(key);
    if (session === undefined) {
      for (const [old, opened] of [...this.#open].slice(0, Math.max(0, this.#open.size - this.limit + 1))) {
        this.#open.delete(old);
        opened.then((open) => open.close(), () => {});
      }
      session = Session.open(make(), { ...defaultSession, planMemory: false });
      session.catch(() => this.#open.delete(key));
      this.#open.set(key, session);
    }
    return await (await session).run(inputs);
  }

  /** Gives the sessions back. */
  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map((session) => session.then((opened) => opened.close(), () => {})));
  }
}
