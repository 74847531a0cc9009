import { InputError } from "../../errors.ts";
import { scoreFlow } from "../../metrics/mod.ts";
import type { FlowProtocol } from "../../protocol/mod.ts";
import type { BenchmarkPair, DenseTruth, Pair, Size } from "../../types.ts";
import { fieldOf } from "./field.ts";
import type { StoredFlow } from "./flow_file.ts";

/** A pair judged under a dense protocol. */
export interface JudgedPair {
  /** Judged pixels; 0: the pair has none and does not count. */
  readonly count: number;
  /** [alphas]: hits; empty where the protocol has no alphas. */
  readonly hits: readonly number[];
  /** By measure, in the measure's own unit; NaN: undefined for this pair. */
  readonly measures: Readonly<Record<string, number>>;
  /** Judged pixels, or outline vertices, without a prediction. */
  readonly lost: number;
}

/** The length in pixels that alpha = 1 stands for. */
export function flowThreshold({ threshold }: FlowProtocol, sizes: Pair<Size>): number {
  const { width, height } = sizes[threshold.side];
  return Math.max(width, height);
}

/**
 * A predicted flow against the annotated one, on the source's pixels.
 *
 * @param threshold pixels that alpha = 1 stands for
 * @throws InputError naming the pair where the truth is of another size than the picture
 */
export function judgeFlow(
  protocol: FlowProtocol,
  pair: BenchmarkPair,
  truth: DenseTruth & { readonly flow: Float32Array },
  predicted: StoredFlow,
  threshold: number,
): JudgedPair {
  const { width, height } = truth.size;
  const { original } = predicted.lattice.frame;
  if (width !== original.width || height !== original.height) {
    throw new InputError(
      `Cannot score pair "${pair.id}": its dense truth is ${width}x${height} and its picture ` +
        `${original.width}x${original.height}`,
    );
  }
  let count = 0;
  for (let i = 0; i < truth.flow.length; i += 2) {
    if (Number.isFinite(truth.flow[i]!) && Number.isFinite(truth.flow[i + 1]!)) count++;
  }
  const none = protocol.alphas.map(() => 0);
  if (count === 0) return { count, hits: none, measures: { AEPE: NaN }, lost: 0 };
  const item = {
    id: pair.id,
    group: pair.category,
    width,
    height,
    estimated: fieldOf(predicted),
    truth: truth.flow,
    threshold,
  };
  const { all } = scoreFlow([item], protocol.alphas);
  // Shares of one item's pixels are whole numbers of hits.
  const hits = all.pooled.map((share) => Math.round(share * count));
  return { count, hits, measures: { AEPE: all.aepe }, lost: all.missing };
}
