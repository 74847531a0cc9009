import { InputError, messageOf } from "../errors.ts";

/** A fault that trying again may cure: a cut connection, a busy server. */
export class TransferError extends Error {}

/** One request for (the rest of) a file. */
export interface Transfer {
  readonly url: string;
  /** Opened for reading and writing; what it holds is the beginning of the file. */
  readonly file: Deno.FsFile;
  /** ETag or date of the file that the beginning came from; without one it cannot be continued. */
  readonly validator: string | undefined;
  /** The true number of bytes, where it is known beforehand. */
  readonly bytes: number | undefined;
  readonly fetch: typeof fetch;
  readonly idleSeconds: number;
  readonly progress: (done: number, total: number | undefined) => void;
  /** Told before the first byte is written, so that a later process can continue. */
  readonly started: (validator: string | undefined) => void;
}

/** The most that is taken from a server that does not say how much it sends. */
const UNANNOUNCED_LIMIT = 64 * 2 ** 30;

/**
 * Continues the file, or starts it over where the server does not continue it.
 *
 * @throws {TransferError} when it ended early; {InputError} when trying again cannot help
 */
export async function transfer(t: Transfer): Promise<void> {
  const idle = new IdleTimer(t.idleSeconds);
  try {
    const { size } = t.file.statSync();
    const start = t.validator === undefined ? 0 : size;
    const response = await request(t, start, idle.signal);
    if (response.status === 416) return await complete(t, response, start);
    const answer = judge(t, response, start);
    t.started(validatorOf(response.headers));
    t.file.truncateSync(answer.start);
    t.file.seekSync(answer.start, Deno.SeekMode.Start);
    await receive(t, response, answer, idle);
  } finally {
    idle.stop();
  }
}

async function request({ url, fetch, validator }: Transfer, start: number, signal: AbortSignal): Promise<Response> {
  // Compressed on the way, neither lengths nor ranges would be those of the file.
  const headers = new Headers({ "accept-encoding": "identity" });
  if (start > 0) {
    headers.set("range", `bytes=${start}-`);
    headers.set("if-range", validator!);
  }
  try {
    return await fetch(url, { headers, signal });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new TransferError(messageOf(error));
  }
}

/** Where the body begins and how long the whole file is, or why the answer is of no use. */
function judge({ url, bytes }: Transfer, { status, headers, body }: Response, asked: number) {
  const drop = () => void body?.cancel();
  if (status !== 200 && status !== 206) {
    drop();
    const message = `the server answers ${status}`;
    if (status >= 500 || status === 408 || status === 429) throw new TransferError(message);
    throw new InputError(`Cannot download ${url}: ${message}`);
  }
  // Some servers call a .tar.gz file itself "encoded": asked for identity, fetch gives its bytes as they are.
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity" && !/\.t?gz$/.test(new URL(url).pathname)) {
    drop();
    throw new InputError(`Cannot download ${url}: the server sends it compressed (${encoding}) though asked not to`);
  }
  let start = 0, total = numberOf(headers.get("content-length"));
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
    if (!range || Number(range[1]) !== asked) {
      drop();
      throw new InputError(
        `Cannot download ${url}: asked for bytes from ${asked}, the server answers "${headers.get("content-range")}"`,
      );
    }
    start = asked;
    total = range[2] === "*" ? undefined : Number(range[2]);
  }
  if (total !== undefined && bytes !== undefined && total !== bytes) {
    drop();
    throw new InputError(
      `Cannot download ${url}: the server announces ${total} bytes, ${bytes} are expected: the file was changed, or the ` +
        `address leads elsewhere now`,
    );
  }
  return { start, total: total ?? bytes };
}

async function receive(
  t: Transfer,
  response: Response,
  { start, total }: { start: number; total: number | undefined },
  idle: IdleTimer,
): Promise<void> {
  let done = start;
  t.progress(done, total);
  const reader = response.body?.getReader();
  try {
    while (reader) {
      idle.reset();
      const { value, done: ended } = await reader.read();
      if (ended) break;
      done += value.length;
      if (done > (total ?? UNANNOUNCED_LIMIT)) {
        throw new InputError(`Cannot download ${t.url}: the server sends more than the ${total} bytes it announced`);
      }
      write(t.file, value);
      t.progress(done, total);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const why = idle.signal.aborted ? `nothing came for ${t.idleSeconds} s` : messageOf(error);
    throw new TransferError(`${why}, after ${done} of ${total ?? "unknown"} bytes`);
  } finally {
    await reader?.cancel().catch(() => {});
  }
  if (done === 0) throw new TransferError("the server sends nothing");
  if (total !== undefined && done < total) {
    throw new TransferError(`the connection ended after ${done} of ${total} bytes`);
  }
}

/** 416: there is nothing from `start` on. Fine where that is the end of the file; else what is there is of no use. */
async function complete({ file }: Transfer, response: Response, start: number): Promise<void> {
  await response.body?.cancel();
  const total = /^bytes \*\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
  if (total !== undefined && Number(total) === start) return;
  file.truncateSync(0);
  throw new TransferError(`the server has no bytes from ${start} on`);
}

function write(file: Deno.FsFile, chunk: Uint8Array): void {
  try {
    for (let at = 0; at < chunk.length;) at += file.writeSync(chunk.subarray(at));
  } catch (error) {
    throw new InputError(`Cannot write the download to disk: ${messageOf(error)}`, { cause: error });
  }
}

/** What identifies this very file: a strong ETag, else its date. A weak ETag may not be used with ranges (RFC 9110). */
function validatorOf(headers: Headers): string | undefined {
  const etag = headers.get("etag");
  if (etag && !etag.startsWith("W/")) return etag;
  return headers.get("last-modified") ?? undefined;
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Aborts a request during which nothing comes for a while: some servers announce more than they ever send. */
class IdleTimer {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly seconds: number) {
    this.reset();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  reset(): void {
    this.stop();
    this.#timer = setTimeout(() => this.#controller.abort(new Error("idle")), this.seconds * 1000);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
