import { InputError } from "../errors.ts";

/** A dense prediction with its ground truth, over one picture. */
export interface FlowItem {
  readonly id: string;
  /** Sub-set, such as TSS's FG3DCar. */
  readonly group: string;
  readonly width: number;
  readonly height: number;
  /** [height][width][2]: displacements or positions, in pixels; both arrays alike. NaN: no prediction. */
  readonly estimated: Float32Array;
  readonly truth: Float32Array;
  /** [height][width], 1: judged; absent: where `truth` is not NaN. */
  readonly valid?: Uint8Array;
  /** Pixels that alpha = 1 stands for; TSS: the longer side of the source picture. */
  readonly threshold: number;
}

/** Numbers of one group, or of all. */
export interface FlowGroup {
  readonly name: string;
  readonly items: number;
  readonly pixels: number;
  /** Judged pixels without a finite prediction: misses for PCK, left out of `aepe`. */
  readonly missing: number;
  /** [alphas]: mean over items of the share of judged pixels within alpha * threshold. */
  readonly perImage: readonly number[];
  /** [alphas]: the share over the pixels of all items. */
  readonly pooled: readonly number[];
  /** Mean over items of the mean distance in pixels; NaN where nothing was predicted. */
  readonly aepe: number;
}

/** The result of {@linkcode scoreFlow}. */
export interface FlowScores {
  readonly alphas: readonly number[];
  readonly all: FlowGroup;
  readonly groups: readonly FlowGroup[];
}

/**
 * PCK of dense flow and average end-point error, as TSS is evaluated: a pixel is right within alpha * threshold (<=),
 * the mean over an item's judged pixels, then over items.
 *
 * @param pooledThreshold for `pooled`: each item's `own`, or the `last` item's for all of them, a DEFECT of
 * DenseMatching's "PCK per dataset" kept to reproduce its numbers
 * @throws InputError naming the item for arrays of the wrong length, no judged pixel, or a threshold of zero
 */
export function scoreFlow(
  items: readonly FlowItem[],
  alphas: readonly number[],
  pooledThreshold: "own" | "last" = "own",
): FlowScores {
  if (items.length === 0) throw new InputError("Cannot score flow: there are no items");
  const measured = items.map(measure);
  const names = [...new Set(items.map(({ group }) => group))];
  return {
    alphas,
    all: summarise("all", measured, alphas, pooledThreshold),
    groups: names.map((name) =>
      summarise(name, measured.filter(({ item }) => item.group === name), alphas, pooledThreshold)
    ),
  };
}

interface Measured {
  readonly item: FlowItem;
  /** [judged pixels] */
  readonly distances: Float32Array;
  readonly missing: number;
  readonly mean: number;
}

function measure(item: FlowItem): Measured {
  const { width, height, estimated, truth, valid } = item;
  const n = width * height;
  for (
    const [field, length] of [["estimated", estimated.length / 2], ["truth", truth.length / 2], [
      "valid",
      valid?.length ?? n,
    ]] as const
  ) {
    if (length !== n) {
      throw new InputError(
        `Cannot score flow "${item.id}": ${field} holds ${length} pixels, its size is ${width} x ${height}`,
      );
    }
  }
  if (!(item.threshold > 0)) throw new InputError(`Cannot score flow "${item.id}": its threshold is ${item.threshold}`);
  const distances = new Float32Array(n);
  let judged = 0;
  let missing = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = truth[2 * i]!, y = truth[2 * i + 1]!;
    const known = Number.isFinite(x) && Number.isFinite(y);
    if (valid === undefined ? !known : valid[i] !== 1) continue;
    if (!known) throw new InputError(`Cannot score flow "${item.id}": truth is not finite at judged pixel ${i}`);
    const dx = Math.fround(estimated[2 * i]! - x);
    const dy = Math.fround(estimated[2 * i + 1]! - y);
    const d = Math.sqrt(Math.fround(Math.fround(dx * dx) + Math.fround(dy * dy)));
    distances[judged++] = Number.isFinite(d) ? d : Infinity;
    if (Number.isFinite(d)) sum += d;
    else missing++;
  }
  if (judged === 0) throw new InputError(`Cannot score flow "${item.id}": no pixel is judged`);
  return { item, distances: distances.subarray(0, judged), missing, mean: sum / (judged - missing) };
}

function summarise(name: string, measured: Measured[], alphas: readonly number[], pooled: "own" | "last"): FlowGroup {
  const pixels = measured.reduce((sum, { distances }) => sum + distances.length, 0);
  const known = measured.filter(({ mean }) => !Number.isNaN(mean));
  const last = measured[measured.length - 1]!.item.threshold;
  const within = ({ distances }: Measured, limit: number) => {
    let hits = 0;
    for (let i = 0; i < distances.length; i++) if (distances[i]! <= limit) hits++;
    return hits;
  };
  return {
    name,
    items: measured.length,
    pixels,
    missing: measured.reduce((sum, { missing }) => sum + missing, 0),
    perImage: alphas.map((alpha) =>
      measured.reduce(
        (sum, one) => sum + within(one, Math.fround(alpha * one.item.threshold)) / one.distances.length,
        0,
      ) /
      measured.length
    ),
    pooled: alphas.map((alpha) =>
      measured.reduce(
        (sum, one) => sum + within(one, Math.fround(alpha * (pooled === "own" ? one.item.threshold : last))),
        0,
      ) / pixels
    ),
    aepe: known.reduce((sum, { mean }) => sum + mean, 0) / known.length,
  };
}
