/** How long a request waits for others, in milliseconds: little beside a forward pass, enough for a file to be read. */
const PATIENCE_MS = 20;

interface Waiting<I, O> {
  readonly input: I;
  readonly resolve: (output: O) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Gathers requests that may be answered together: those of one key, at most `limit`, that come within a short time.
 *
 * With a limit of 1 every request is answered by itself, at once.
 */
export class Batcher<I, O> {
  readonly #groups = new Map<string, { waiting: Waiting<I, O>[]; timer: ReturnType<typeof setTimeout> }>();

  /** @param answer gives one output per input, in order. */
  constructor(
    readonly limit: number,
    readonly answer: (inputs: readonly [I, ...I[]]) => Promise<readonly O[]>,
  ) {}

  /** The answer to one request; rejects as the group it was answered in. */
  async ask(key: string, input: I): Promise<O> {
    if (this.limit === 1) return (await this.answer([input]))[0]!;
    return await new Promise<O>((resolve, reject) => {
      const group = this.#groups.get(key) ??
        { waiting: [], timer: setTimeout(() => this.#flush(key), PATIENCE_MS) };
      this.#groups.set(key, group);
      group.waiting.push({ input, resolve, reject });
      if (group.waiting.length >= this.limit) this.#flush(key);
    });
  }

  #flush(key: string): void {
    const { waiting, timer } = this.#groups.get(key)!;
    clearTimeout(timer);
    this.#groups.delete(key);
    this.answer(waiting.map(({ input }) => input) as [I, ...I[]]).then(
      (outputs) => waiting.forEach(({ resolve }, i) => resolve(outputs[i]!)),
      (reason) => waiting.forEach(({ reject }) => reject(reason)),
    );
  }
}
