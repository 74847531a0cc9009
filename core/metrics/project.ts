import { InputError } from "../errors.ts";
import type { Arithmetic, Protocol, ThresholdRule } from "../protocol/types.ts";
import type { Points, Size } from "../types.ts";
import { axes, mapPoints, roundHalfEven } from "./axes.ts";
import { thresholdOf } from "./threshold.ts";
import type { ScoreContext, ScoredPair } from "./types.ts";

/** Arrays that grow as needed and are reused from pair to pair. */
export class Scratch {
  /** [n][2]: judged annotated points in the frame. */
  truth: Float64Array = new Float64Array(128);
  /** [n][2]: their predictions in the frame. */
  predicted: Float64Array = new Float64Array(128);
  reserve(points: number): void {
    if (this.truth.length >= points * 2) return;
    this.truth = new Float64Array(points * 4);
    this.predicted = new Float64Array(points * 4);
  }
}

/** How {@linkcode project} was set up for one protocol and one benchmark. */
export interface Projection {
  readonly protocol: Protocol;
  readonly rule: ThresholdRule;
  readonly arithmetic: Arithmetic;
  /** Coordinates are rounded to float32 after every step, as the official arrays hold them. */
  readonly single: boolean;
  readonly floor: boolean;
  /** Slots of the official arrays; Infinity: no limit. */
  readonly slots: number;
}

/**
 * Prepares a protocol for a benchmark.
 *
 * @throws InputError where the protocol has no threshold for the benchmark's rule
 */
export function projection(protocol: Protocol, context: ScoreContext): Projection {
  const rule = protocol.threshold[context.threshold];
  if (rule === undefined) {
    throw new InputError(
      `Cannot score ${context.benchmark} under "${protocol.name}": it has no threshold for benchmarks judged by ` +
        `${context.threshold}; it has one for: ${Object.keys(protocol.threshold).join(", ")}`,
    );
  }
  const arithmetic = rule.arithmetic ?? protocol.arithmetic;
  return {
    protocol,
    rule,
    arithmetic,
    single: arithmetic !== "float64" && arithmetic !== "float64-ratio",
    floor: protocol.groundTruth.floorOn.includes(context.benchmark),
    slots: protocol.maxPoints?.n[context.threshold] ?? Infinity,
  };
}

/**
 * Maps one pair into the protocol's frame.
 *
 * @returns the number of judged points, now in `scratch`, and the threshold in frame pixels
 * @throws InputError naming the pair and the field that is missing, not finite, too long, or zero
 */
export function project(pair: ScoredPair, setup: Projection, scratch: Scratch): { n: number; threshold: number } {
  const { protocol, rule, single, slots } = setup;
  const judged = protocol.direction === "forward" ? "target" : "source";
  const truth = pair.points[judged];
  const predicted = pair.predicted[judged];
  checkPair(pair);
  if (predicted === undefined) {
    throw new InputError(
      `Cannot score pair "${pair.id}" under "${protocol.name}": predicted.${judged} is missing; ` +
        (judged === "source"
          ? "a reverse protocol needs a run that also predicts target -> source"
          : "run the method again"),
    );
  }
  if (predicted.n !== truth.n || predicted.xy.length < 2 * truth.n) {
    throw new InputError(
      `Cannot score pair "${pair.id}": predicted.${judged} holds ${Math.min(predicted.n, predicted.xy.length >> 1)} ` +
        `points, points.${judged} announces ${truth.n}`,
    );
  }
  let n = truth.n;
  const present = protocol.sentinel === null ? n : countPresent(truth, protocol.sentinel, false);
  if (n > slots || (protocol.maxPoints?.policy === "exactly" && n !== slots)) {
    if (protocol.maxPoints?.policy !== "first") {
      throw new InputError(
        `Cannot score pair "${pair.id}" under "${protocol.name}": points.${judged} holds ${n} points, its evaluator ` +
          `takes ${protocol.maxPoints?.policy === "exactly" ? "exactly" : "at most"} ${slots}`,
      );
    }
    n = slots;
  }
  const frame = axes(protocol, pair.sizes[judged]);
  scratch.reserve(n);
  mapPoints(truth, n, frame, single, setup.floor, scratch.truth);
  mapPoints(predicted, n, frame, single, false, scratch.predicted);
  const threshold = thresholdOf(pair, setup, present);
  if (threshold === 0 && protocol.zeroThreshold === "error") {
    throw new InputError(
      `Cannot score pair "${pair.id}" under "${protocol.name}": its threshold (${rule.of} of the ${rule.side}) is zero`,
    );
  }
  const { clamp } = protocol.groundTruth;
  if (clamp !== null) clampInto(scratch.truth, n, clamp, protocol.frame.side! - 1);
  if (protocol.sentinel !== null) {
    // The official loader maps as many columns as have a present x; the evaluator then counts in the frame.
    for (let i = 2 * present; i < 2 * n; i++) scratch.truth[i] = truth.xy[i]!;
    n = countPresent({ n, xy: scratch.truth }, protocol.sentinel, true);
  }
  if (protocol.collapsePixels) n = collapse(pair, n, scratch);
  return { n, threshold };
}

function checkPair(pair: ScoredPair): void {
  const { source, target } = pair.points;
  if (source.n !== target.n) {
    throw new InputError(
      `Cannot score pair "${pair.id}": points.source announces ${source.n} points, points.target ${target.n}`,
    );
  }
  if (source.n === 0) throw new InputError(`Cannot score pair "${pair.id}": points hold no keypoint`);
  checkPoints(pair.id, "points.source", source);
  checkPoints(pair.id, "points.target", target);
  checkSize(pair.id, "sizes.source", pair.sizes.source);
  checkSize(pair.id, "sizes.target", pair.sizes.target);
}

function checkSize(id: string, field: string, size: Size): void {
  if (!(size.width >= 1 && size.height >= 1 && size.width < Infinity && size.height < Infinity)) {
    throw new InputError(`Cannot score pair "${id}": ${field} is ${size.width} x ${size.height}`);
  }
}

function checkPoints(id: string, field: string, points: Points): void {
  const { n, xy } = points;
  if (xy.length < 2 * n) {
    throw new InputError(`Cannot score pair "${id}": ${field} announces ${n} points and holds ${xy.length >> 1}`);
  }
  for (let i = 0; i < 2 * n; i++) {
    if (!Number.isFinite(xy[i]!)) {
      throw new InputError(
        `Cannot score pair "${id}": ${field} keypoint ${i >> 1} has ${i & 1 ? "y" : "x"} = ${xy[i]}`,
      );
    }
  }
}

/** Official arrays count a point as present where x (or both x and y) differs from the sentinel. */
function countPresent(points: Points, sentinel: number, both: boolean): number {
  let n = 0;
  for (let i = 0; i < 2 * points.n; i += 2) {
    if (points.xy[i] !== sentinel && !(both && points.xy[i + 1] === sentinel)) n++;
  }
  return n;
}

function clampInto(xy: Float64Array, n: number, margin: number, last: number): void {
  const low = Math.fround(margin);
  const high = Math.fround(last - margin);
  for (let i = 0; i < 2 * n; i++) {
    // The official rule moves points ON the border inwards too, and leaves those within the margin alone.
    if (xy[i]! <= 0) xy[i] = low;
    else if (xy[i]! >= last) xy[i] = high;
  }
}

/** Keeps the last of the points whose target positions round to one pixel of the common padded picture. */
function collapse(pair: ScoredPair, n: number, scratch: Scratch): number {
  const width = Math.max(pair.sizes.source.width, pair.sizes.target.width);
  const height = Math.max(pair.sizes.source.height, pair.sizes.target.height);
  const { xy } = pair.points.target;
  const inside = (value: number, length: number) => Math.min(Math.max(value, 0), length - 1);
  const pixel = (i: number) =>
    roundHalfEven(inside(xy[2 * i + 1]!, height)) * width + roundHalfEven(inside(xy[2 * i]!, width));
  const { truth, predicted } = scratch;
  let kept = 0;
  for (let i = 0; i < n; i++) {
    const own = pixel(i);
    let last = true;
    for (let j = i + 1; j < n && last; j++) last = pixel(j) !== own;
    if (!last) continue;
    for (const axis of [0, 1]) {
      // The official arrays hold displacements, in float32; the rounding shows in the sixth digit of a mean error.
      const origin = inside(xy[2 * i + axis]!, axis === 0 ? width : height);
      truth[2 * kept + axis] = Math.fround(truth[2 * i + axis]! - origin);
      predicted[2 * kept + axis] = Math.fround(predicted[2 * i + axis]! - origin);
    }
    kept++;
  }
  return kept;
}
