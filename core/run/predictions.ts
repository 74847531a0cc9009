/**
 * The predictions of a run: one JSON line per pair, appended as they are made.
 *
 * @module
 */
import type { BenchmarkPair, Matches, Points } from "../types.ts";
import { type LineFormat, type Lines, readLines } from "./line_file.ts";

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

/** The lines of `predictions.jsonl`. */
export function predictionFormat(pairs: readonly BenchmarkPair[], direction: Direction): LineFormat<Prediction> {
  const byId = new Map(pairs.map((pair) => [pair.id, pair]));
  return { encode: encodeLine, decode: (line) => decodeLine(line, byId, direction) };
}

/** The whole lines of a file of predictions. */
export function readPredictions(
  path: string,
  pairs: readonly BenchmarkPair[],
  direction: Direction,
): Promise<Lines<Prediction>> {
  return readLines(path, predictionFormat(pairs, direction));
}
