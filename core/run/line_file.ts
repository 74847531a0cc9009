/**
 * Files of one JSON line per pair, appended as the pairs are done.
 *
 * @module
 */
import { InputError, messageOf } from "../errors.ts";
import { writeWhole } from "./files.ts";

/** What a line tells: something about a pair, or why there is nothing. */
export interface PairLine {
  readonly pair: string;
  readonly skipped?: string;
}

/** How the lines of one kind of file are written and read back. */
export interface LineFormat<T extends PairLine> {
  /** Without the newline. */
  encode(value: T): string;
  /** Undefined for a line that is none of this run. */
  decode(line: string): T | undefined;
}

/** The whole lines of a file. */
export interface Lines<T extends PairLine> {
  readonly done: Map<string, T>;
  /** The text of each line, by pair. */
  readonly lines: Map<string, string>;
  /** Bytes up to the last newline, and of the file. */
  readonly wholeBytes: number;
  readonly size: number;
}

/**
 * Reads what is whole in a file; an absent file holds nothing.
 *
 * @throws InputError naming the line that is not of this run.
 */
export async function readLines<T extends PairLine>(path: string, format: LineFormat<T>): Promise<Lines<T>> {
  const done = new Map<string, T>();
  const lines = new Map<string, string>();
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { done, lines, wholeBytes: 0, size: 0 };
    throw new InputError(`Cannot read "${path}": ${messageOf(error)}`);
  }
  const wholeBytes = bytes.lastIndexOf(10) + 1;
  const text = new TextDecoder().decode(bytes.subarray(0, wholeBytes));
  let number = 0;
  for (const line of text.split("\n").slice(0, -1)) {
    number++;
    const value = format.decode(line);
    if (value === undefined) {
      throw new InputError(
        `Cannot use "${path}": line ${number} is not a prediction of this run; run.restart=true begins it anew`,
      );
    }
    done.set(value.pair, value);
    lines.set(value.pair, line);
  }
  return { done, lines, wholeBytes, size: bytes.length };
}

/** A file that grows by a line per pair. Only one process at a time may hold it (the caller locks). */
export class LineFile<T extends PairLine> {
  readonly #file: Deno.FsFile;

  private constructor(
    readonly path: string,
    file: Deno.FsFile,
    readonly order: readonly string[],
    /** What is done so far, by pair. */
    readonly done: Map<string, T>,
    private lines: Map<string, string>,
    private format: LineFormat<T>,
  ) {
    this.#file = file;
  }

  /**
   * Opens the file and keeps what is whole in it. A last line without its newline was being written when the process
   * died: it is dropped. Pairs that were skipped are tried again.
   *
   * @param order ids of the pairs, as the finished file lists them
   * @throws InputError naming the line when one in the middle is not of this run.
   */
  static async open<T extends PairLine>(
    path: string,
    order: readonly string[],
    format: LineFormat<T>,
  ): Promise<LineFile<T>> {
    const { done, lines, wholeBytes, size } = await readLines(path, format);
    const file = await Deno.open(path, { create: true, write: true });
    if (size > wholeBytes) await file.truncate(wholeBytes);
    await file.seek(0, Deno.SeekMode.End);
    for (const [id, value] of done) if (value.skipped !== undefined) done.delete(id);
    return new LineFile(path, file, order, done, lines, format);
  }

  /** Adds one line. Throws InputError when it cannot be written whole (a full disk): what was written before is safe. */
  append(value: T): void {
    const line = this.format.encode(value);
    const bytes = new TextEncoder().encode(`${line}\n`);
    try {
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    } catch (error) {
      throw new InputError(
        `Cannot write "${this.path}": ${messageOf(error)}; ${this.done.size} of ${this.order.length} pairs are safe, ` +
          `the same command resumes after them`,
      );
    }
    this.done.set(value.pair, value);
    this.lines.set(value.pair, line);
  }

  /**
   * Makes the finished file canonical: one line per pair, in the benchmark's order, so that an interrupted run ends in
   * the same bytes as one that was not.
   */
  async finish(): Promise<void> {
    const text = this.order.map((id) => `${this.lines.get(id)}\n`).join("");
    if (await Deno.readTextFile(this.path) !== text) await writeWhole(this.path, text);
  }

  close(): void {
    this.#file.close();
  }
}
