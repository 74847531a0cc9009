/**
 * Runs networks in a Deno Worker.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import type { Model } from "./model.ts";
import { encodeModel } from "./onnx/proto.ts";
import type { Reply, Request, Tensor, Tensors } from "./protocol.ts";
import { runtimeOptions, type SessionOptions, type SessionPlan } from "./session_options.ts";

export type { Tensor, Tensors } from "./protocol.ts";

type Question = Request extends infer R ? R extends Request ? Omit<R, "id"> : never : never;

/** The worker while it lives: it starts with the first session and ends with the last. */
let engine: Engine | undefined;

class Engine {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "inference" });
  readonly #waiting = new Map<number, { resolve: (outputs: Tensors) => void; reject: (error: Error) => void }>();
  #count = 0;
  /** Sessions open or being opened. */
  users = 0;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.outputs);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      for (const { reject } of this.#waiting.values()) {
        reject(new Error(`the inference worker stopped: ${event.message}`));
      }
      this.#waiting.clear();
      if (engine === this) engine = undefined;
    };
  }

  ask(question: Question, transfer: ArrayBuffer[] = []): { id: number; outputs: Promise<Tensors> } {
    const id = ++this.#count;
    const outputs = new Promise<Tensors>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#worker.postMessage({ ...question, id }, transfer);
    return { id, outputs };
  }

  leave(): void {
    if (--this.users > 0) return;
    this.#worker.terminate();
    if (engine === this) engine = undefined;
  }
}

/**
 * A network that is ready to run.
 *
 * @example
 * ```ts
 * await using session = await Session.open(model, options);
 * const { features } = await session.run({ image: { shape: [1, 3, 224, 224], data } });
 * ```
 */
export class Session implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #id: number;
  #open = true;
  #spare: Tensors | undefined;

  private constructor(engine: Engine, id: number, readonly model: Model) {
    this.#engine = engine;
    this.#id = id;
  }

  /**
   * Opens a session for a model.
   *
   * @throws ConfigError where the runtime refuses the model, its weights, or the provider asked for.
   */
  static async open(model: Model, options: SessionOptions & SessionPlan): Promise<Session> {
    const bytes = encodeModel(model.proto);
    const own = engine ??= new Engine();
    own.users++;
    // Copied, not transferred: Node-style buffers cannot be given away.
    const opened = own.ask({ kind: "open", model: bytes, options: runtimeOptions(options, model.folder) });
    try {
      await opened.outputs;
    } catch (error) {
      own.leave();
      const why = whyNot(options.provider, (error as Error).message);
      throw new ConfigError(`Cannot open network "${model.name}" on ${options.provider}: ${why}`, { cause: error });
    }
    return new Session(own, opened.id, model);
  }

  /**
   * One forward pass. The input buffers are transferred: they are empty afterwards.
   *
   * @throws RangeError where an input is missing or has another shape than the model's.
   */
  async run(inputs: Tensors): Promise<{ [name: string]: Tensor }> {
    if (!this.#open) throw new TypeError(`Cannot run network "${this.model.name}": its session is closed`);
    for (const [name, shape] of Object.entries(this.model.inputs)) {
      const given = inputs[name];
      if (given === undefined) throw new RangeError(`Cannot run "${this.model.name}": input "${name}" is missing`);
      if (given.shape.length !== shape.length || given.shape.some((side, i) => side !== shape[i])) {
        throw new RangeError(`Cannot run "${this.model.name}": input "${name}" is [${given.shape}], not [${shape}]`);
      }
    }
    const outputs = this.#spare;
    this.#spare = undefined;
    const buffers = [inputs, outputs ?? {}].flatMap((tensors) => Object.values(tensors).map(({ data }) => data.buffer));
    const question = { kind: "run", session: this.#id, inputs, ...(outputs !== undefined && { outputs }) } as const;
    try {
      return await this.#engine.ask(question, [...new Set(buffers)]).outputs;
    } catch (error) {
      throw new Error(`Cannot run network "${this.model.name}": ${(error as Error).message}`, { cause: error });
    }
  }

  /**
   * Gives the outputs of a run back: the next run writes into their memory, which spares it fresh pages. They are empty
   * from then on. Nothing happens where the model does not say what its outputs are: they may not be float32 inside.
   */
  recycle(outputs: Tensors): void {
    if (this.#open && this.model.outputs !== undefined) this.#spare = outputs;
  }

  /** Gives the session's memory back; the worker ends with its last session. Closing twice does nothing. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    try {
      await this.#engine.ask({ kind: "close", session: this.#id }).outputs;
    } finally {
      this.#engine.leave();
      this.#spare = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A runtime's reason without places in its source, and what would work. */
function whyNot(provider: string, message: string): string {
  if (provider === "cpu") return message;
  const reason = message.replaceAll("\n", " ").replace(/^.* was false\. /, "");
  const missing = /Failed to load shared library|not (supported|available)|not enabled/i.test(reason)
    ? `the installed ONNX Runtime has no such provider or its driver is missing (${reason})`
    : reason;
  return `${missing}; provider=cpu works everywhere`;
}

/** Opens a session, runs once, closes: for tests, recordings and single pictures. */
export async function runOnce(
  model: Model,
  inputs: Tensors,
  options: SessionOptions,
): Promise<{ [name: string]: Tensor }> {
  await using session = await Session.open(model, options);
  return await session.run(inputs);
}
