/**
 * The predictions of a run: one JSON line per pair, appended as they are made.
 *
 * @module
 */
import { InputError, messageOf } from "../errors.ts";
import type { BenchmarkPair, Matches, Points } from "../types.ts";
import { writeWhole } from "./files.ts";

/** What is known of one pair: predictions, or why there are none. */
export interface Prediction {
  readonly pair: string;
  /** Target points of the pair's source points, original pixels; a point the method gives no answer for is NaN. */
  readonly target?: Points;
  /** Source points of the pair's target points, where the run predicts the reverse direction. */
  readonly source?: Points;
  /** Confidences of `target`, then of `source`. */
  readonly score?: readonly number[];
  readonly skipped?: string;
}

/** Directions of a run. */
export type Direction = "forward" | "reverse" | "both";

function toPairs(points: Points): ([number, number] | null)[] {
  return Array.from({ length: points.n }, (_, i) => {
    const x = points.xy[2 * i]!, y = points.xy[2 * i + 1]!;
    return Number.isFinite(x) && Number.isFinite(y) ? [x, y] : null;
  });
}

/** One line of `predictions.jsonl`, without the newline. */
export function encodeLine(prediction: Prediction): string {
  const { pair, target, source, score, skipped } = prediction;
  if (skipped !== undefined) return JSON.stringify({ pair, skipped });
  return JSON.stringify({
    pair,
    ...(target === undefined ? {} : { target: toPairs(target) }),
    ...(source === undefined ? {} : { source: toPairs(source) }),
    ...(score === undefined ? {} : { score }),
  });
}

/** The line of a pair's matches. */
export function predictionOf(
  pair: BenchmarkPair,
  forward: Matches | undefined,
  reverse: Matches | undefined,
): Prediction {
  const scores = [forward, reverse].flatMap((matches) => matches === undefined ? [] : [...matches.score]);
  return {
    pair: pair.id,
    ...(forward === undefined ? {} : { target: { n: forward.n, xy: forward.xy } }),
    ...(reverse === undefined ? {} : { source: { n: reverse.n, xy: reverse.xy } }),
    score: scores.map((s) => Number.isFinite(s) ? s : 0),
  };
}

function fromPairs(raw: unknown, n: number): Points | undefined {
  if (!Array.isArray(raw) || raw.length !== n) return undefined;
  const xy = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    const point: unknown = raw[i];
    if (point === null) xy.fill(NaN, 2 * i, 2 * i + 2);
    else if (Array.isArray(point) && point.length === 2 && point.every((c) => typeof c === "number")) {
      xy.set(point, 2 * i);
    } else return undefined;
  }
  return { n, xy };
}

/**
 * Reads one line back and checks it against its pair.
 *
 * @returns undefined when it is no line of this run: not JSON, an unknown pair, a wrong number of points.
 */
export function decodeLine(
  line: string,
  pairs: ReadonlyMap<string, BenchmarkPair>,
  direction: Direction,
): Prediction | undefined {
  let raw: Record<string, unknown>;
  try {
    raw = JSON.parse(line);
  } catch {
    return undefined;
  }
  const pair = typeof raw?.pair === "string" ? pairs.get(raw.pair) : undefined;
  if (pair === undefined) return undefined;
  if (typeof raw.skipped === "string") return { pair: pair.id, skipped: raw.skipped };
  const n = pair.points.source.n;
  const target = direction === "reverse" ? undefined : fromPairs(raw.target, n);
  const source = direction === "forward" ? undefined : fromPairs(raw.source, n);
  if (direction !== "reverse" && target === undefined || direction !== "forward" && source === undefined) {
    return undefined;
  }
  return {
    pair: pair.id,
    ...(target === undefined ? {} : { target }),
    ...(source === undefined ? {} : { source }),
    ...(Array.isArray(raw.score) ? { score: raw.score as number[] } : {}),
  };
}

/**
 * The file of predictions of one run or one shard. Only one process at a time may hold it (the caller locks).
 */
export class PredictionFile {
  readonly #file: Deno.FsFile;

  private constructor(
    readonly path: string,
    file: Deno.FsFile,
    readonly order: readonly string[],
    /** Predictions so far, by pair. */
    readonly done: Map<string, Prediction>,
    private lines: Map<string, string>,
  ) {
    this.#file = file;
  }

  /**
   * Opens the file and keeps what is whole in it. A last line without its newline was being written when the process
   * died: it is dropped. Pairs that were skipped are tried again.
   *
   * @throws InputError naming the line when one in the middle is not of this run.
   */
  static async open(path: string, pairs: readonly BenchmarkPair[], direction: Direction): Promise<PredictionFile> {
    const order = pairs.map((pair) => pair.id);
    const { done, lines, wholeBytes, size } = await readPredictions(path, pairs, direction);
    const file = await Deno.open(path, { create: true, write: true });
    if (size > wholeBytes) await file.truncate(wholeBytes);
    await file.seek(0, Deno.SeekMode.End);
    for (const [id, prediction] of done) if (prediction.skipped !== undefined) done.delete(id);
    return new PredictionFile(path, file, order, done, lines);
  }

  /** Adds one line. Throws InputError when it cannot be written whole (a full disk): what was written before is safe. */
  append(prediction: Prediction): void {
    const line = encodeLine(prediction);
    const bytes = new TextEncoder().encode(`${line}\n`);
    try {
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    } catch (error) {
      throw new InputError(
        `Cannot write "${this.path}": ${messageOf(error)}; ${this.done.size} of ${this.order.length} pairs are safe, ` +
          `the same command resumes after them`,
      );
    }
    this.done.set(prediction.pair, prediction);
    this.lines.set(prediction.pair, line);
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

/** The whole lines of a file of predictions. See {@linkcode PredictionFile.open}. */
export async function readPredictions(
  path: string,
  pairs: readonly BenchmarkPair[],
  direction: Direction,
): Promise<{ done: Map<string, Prediction>; lines: Map<string, string>; wholeBytes: number; size: number }> {
  const byId = new Map(pairs.map((pair) => [pair.id, pair]));
  const done = new Map<string, Prediction>();
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
    const prediction = decodeLine(line, byId, direction);
    if (prediction === undefined) {
      throw new InputError(
        `Cannot use "${path}": line ${number} is not a prediction of this run; run.restart=true begins it anew`,
      );
    }
    done.set(prediction.pair, prediction);
    lines.set(prediction.pair, line);
  }
  return { done, lines, wholeBytes, size: bytes.length };
}
