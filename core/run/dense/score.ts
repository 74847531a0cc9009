/**
 * Scores stored dense predictions. One pair is in memory at a time.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { aggregate, type PairScores } from "../../metrics/mod.ts";
import type { DenseProtocol } from "../../protocol/mod.ts";
import type { Benchmark, BenchmarkPair, DenseTruth } from "../../types.ts";
import { pictureSizes } from "../sizes.ts";
import { flowThreshold, type JudgedPair, judgeFlow } from "./judge_flow.ts";
import { judgeMask, MASK_MEASURES } from "./judge_mask.ts";
import { type DenseLine, readFlow } from "./store.ts";

/** A number per pair that is no share of hits. */
export interface Measure {
  readonly name: string;
  /** What the values are: pixels, a share in [0, 1], or a share of an object's box. */
  readonly unit: "px" | "share" | "box";
  /** [pairs], in the order of the scores' ids; null: undefined for the pair. */
  readonly values: readonly (number | null)[];
}

/** The scores of dense predictions: hits of pixels where the protocol has alphas, and measures. */
export interface DenseScores {
  readonly scores: PairScores;
  readonly measures: readonly Measure[];
}

const UNITS: Readonly<Record<string, Measure["unit"]>> = { AEPE: "px", "LOC-ERR": "box" };

/**
 * Scores the predictions of `pairs` under one protocol.
 *
 * @param lines the predictions by pair; every pair must have one
 * @param folder the run's folder
 * @throws InputError for a stored file that is not what was stored, and for truth that does not fit its pictures
 */
export async function scoreDense(
  protocol: DenseProtocol,
  pairs: readonly BenchmarkPair[],
  lines: ReadonlyMap<string, DenseLine>,
  folder: string,
  benchmark: Benchmark,
): Promise<DenseScores> {
  const sizeOf = pictureSizes();
  const sizesOf = async ({ images }: BenchmarkPair) => ({
    source: await sizeOf(images.source),
    target: await sizeOf(images.target),
  });
  const isFlow = protocol.metric === "flow-pck";
  const last = isFlow && protocol.pooledThreshold === "last" ? await sizesOf(pairs.at(-1)!) : undefined;
  const judged: JudgedPair[] = [];
  for (const pair of pairs) {
    const ref = lines.get(pair.id)?.[protocol.direction];
    if (ref === undefined) {
      throw new InputError(
        `Cannot score pair "${pair.id}" under "${protocol.name}": it has no ${protocol.direction} dense prediction`,
      );
    }
    const truth = await pair.dense!();
    const predicted = await readFlow(folder, pair.id, protocol.direction, ref);
    const sizes = await sizesOf(pair);
    judged.push(
      isFlow
        ? judgeFlow(protocol, pair, withFlow(truth, pair), predicted, flowThreshold(protocol, last ?? sizes))
        : judgeMask(protocol, pair, truth, predicted, sizes),
    );
  }
  return summarise(protocol, pairs, judged, benchmark);
}

function withFlow(truth: DenseTruth, { id }: BenchmarkPair): DenseTruth & { readonly flow: Float32Array } {
  const { flow } = truth;
  if (flow === undefined) throw new InputError(`Cannot score pair "${id}": it has no annotated flow`);
  return { ...truth, flow };
}

function summarise(
  protocol: DenseProtocol,
  pairs: readonly BenchmarkPair[],
  judged: readonly JudgedPair[],
  benchmark: Benchmark,
): DenseScores {
  const isFlow = protocol.metric === "flow-pck";
  const kept = judged.filter(({ count }) => count > 0);
  const names = isFlow ? ["AEPE"] : protocol.measures.map((measure) => MASK_MEASURES[measure]);
  const measures = names.map((name): Measure => ({
    name,
    unit: UNITS[name] ?? "share",
    values: kept.map(({ measures }) => Number.isFinite(measures[name]!) ? measures[name]! : null),
  }));
  const notes: string[] = [];
  const lost = judged.reduce((sum, one) => sum + one.lost, 0);
  if (lost > 0) {
    notes.push(
      isFlow
        ? `${lost} judged pixels have no prediction and count as misses`
        : protocol.transfer === "warp"
        ? `${lost} target pixels have no prediction and count as background`
        : `${lost} outline vertices have no prediction and are left out of their outline`,
    );
  }
  for (const { name, values } of measures) {
    const undefinedFor = values.filter((value) => value === null).length;
    if (undefinedFor > 0) notes.push(`${name} is undefined for ${undefinedFor} pairs and leaves them out`);
  }
  const scores = aggregate(
    pairs,
    { name: protocol.name, average: isFlow ? protocol.average : "image", categoryWeights: null },
    { benchmark: benchmark.name, threshold: benchmark.threshold },
    protocol.alphas,
    Uint32Array.from(judged, ({ count }) => count),
    Uint32Array.from(judged.flatMap(({ hits }) => hits)),
    notes,
  );
  return { scores, measures };
}
