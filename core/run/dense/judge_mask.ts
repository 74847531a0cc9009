import { InputError } from "../../errors.ts";
import { followFlow } from "../../match/sample.ts";
import {
  fillPolygon,
  intersectionOverUnion,
  labelTransferAccuracy,
  localisationError,
  type Mask,
  type SamplingGrid,
  warpMask,
} from "../../metrics/mod.ts";
import type { MaskMeasure, MaskProtocol } from "../../protocol/mod.ts";
import type { BenchmarkPair, DenseTruth, Pair, Points, Size } from "../../types.ts";
import { fieldOf } from "./field.ts";
import type { StoredFlow } from "./flow_file.ts";
import type { JudgedPair } from "./judge_flow.ts";

/** How tables call the measures. */
export const MASK_MEASURES: Readonly<Record<MaskMeasure, string>> = {
  "lt-acc": "LT-ACC",
  iou: "IoU",
  "loc-err": "LOC-ERR",
};

/**
 * A mask or outline carried over by a predicted flow, against the annotated one.
 *
 * @param predicted target -> source for the transfer "warp", source -> target for "outline"
 * @throws InputError naming the pair where masks or outlines do not fit their pictures
 */
export function judgeMask(
  protocol: MaskProtocol,
  pair: BenchmarkPair,
  truth: DenseTruth,
  predicted: StoredFlow,
  sizes: Pair<Size>,
): JudgedPair {
  try {
    return protocol.transfer === "warp"
      ? judgeWarp(protocol, truth, predicted, sizes)
      : judgeOutline(protocol, truth, predicted, sizes);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`Cannot score pair "${pair.id}": ${error.message}`, { cause: error });
  }
}

function judgeWarp(protocol: MaskProtocol, truth: DenseTruth, predicted: StoredFlow, sizes: Pair<Size>): JudgedPair {
  const source = maskOf(truth, "source", sizes);
  const target = maskOf(truth, "target", sizes);
  const field = fieldOf(predicted);
  const data = new Float32Array(field.length);
  let lost = 0;
  let inside = false;
  for (let i = 0; i < field.length; i += 2) {
    // Corner to corner on [-1, 1], the grid that official samplers read.
    data[i] = 2 * field[i]! / (sizes.source.width - 1) - 1;
    data[i + 1] = 2 * field[i + 1]! / (sizes.source.height - 1) - 1;
    if (Number.isNaN(data[i]!)) lost++;
    inside ||= Math.abs(data[i]!) < 1 && Math.abs(data[i + 1]!) < 1;
  }
  const grid: SamplingGrid = { ...sizes.target, data, alignCorners: true };
  const warped = warpMask(source, grid);
  return {
    count: target.data.length,
    hits: [],
    measures: measuresOf(protocol, {
      "lt-acc": () => labelTransferAccuracy(warped, target),
      iou: () => intersectionOverUnion(warped, target),
      "loc-err": () => inside ? localisationError(source, target, grid) : NaN,
    }),
    lost,
  };
}

function judgeOutline(protocol: MaskProtocol, truth: DenseTruth, predicted: StoredFlow, sizes: Pair<Size>): JudgedPair {
  if (truth.outlines === undefined) throw new InputError("it has no outlines");
  const { lattice, data } = predicted;
  const found = followFlow({ source: lattice, target: lattice, data }, truth.outlines.source);
  const kept = Array.from({ length: found.n }, (_, i) => [found.xy[2 * i]!, found.xy[2 * i + 1]!])
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const { width, height } = sizes.target;
  const { kind, side = 0 } = protocol.frame;
  const scale = kind === "shrink" ? Math.min(1, side / Math.max(width, height)) : 1;
  const size = { width: Math.trunc(width * scale), height: Math.trunc(height * scale) };
  const scaled = (points: Points) => ({ n: points.n, xy: points.xy.map((value) => value * scale) });
  const carried = fillPolygon(scaled({ n: kept.length, xy: Float64Array.from(kept.flat()) }), size);
  const target = fillPolygon(scaled(truth.outlines.target), size);
  return {
    count: target.data.length,
    hits: [],
    measures: measuresOf(protocol, {
      "lt-acc": () => labelTransferAccuracy(carried, target),
      iou: () => intersectionOverUnion(carried, target),
      "loc-err": () => NaN,
    }),
    lost: found.n - kept.length,
  };
}

function measuresOf(
  { measures }: MaskProtocol,
  compute: Readonly<Record<MaskMeasure, () => number>>,
): Record<string, number> {
  return Object.fromEntries(measures.map((measure) => [MASK_MEASURES[measure], compute[measure]()]));
}

function maskOf(truth: DenseTruth, side: keyof Pair<unknown>, sizes: Pair<Size>): Mask {
  const { width, height } = sizes[side];
  const data = truth.masks?.[side];
  if (data?.length === width * height) return { width, height, data };
  throw new InputError(`its ${side} mask holds ${data?.length ?? 0} pixels and its picture ${width}x${height}`);
}
