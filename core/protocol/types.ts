/**
 * An evaluation protocol as data: everything that turns stored predictions (original pixels) into one number.
 *
 * Two evaluators of the literature that print "PCK@0.1" differ in most of these fields; that is why they are data, are
 * stored beside every result, and are never mixed in one column.
 *
 * @module
 */
import type { ThresholdSource } from "../types.ts";

/**
 * Where distances are measured. `original`: the image's own pixels. `stretch`: both axes scaled to `side`
 * (x * side / W). `align-corners`: x / (W - 1) * (side - 1). `pad`: aspect kept, the longer side becomes `side`, the
 * rest is padding. `shrink`: aspect kept, the longer side becomes `side` where it is longer; `fit`: always.
 */
export type FrameKind = "original" | "stretch" | "align-corners" | "pad" | "shrink" | "fit";

/** The frame of a protocol. */
export interface ProtocolFrame {
  readonly kind: FrameKind;
  /** Pixels; absent for `original` only. */
  readonly side?: number;
}

/**
 * The precision of the comparison `distance ? alpha * threshold`; it decides exact ties only.
 *
 * - `float64`: everything in float64.
 * - `float64-ratio`: distance / threshold against alpha, in float64.
 * - `float64-product`: alpha * threshold in float64, rounded to float32, against a float32 distance.
 * - `float32-alpha`: alpha rounded to float32, its product with the threshold and the comparison in float64.
 * - `float32`: alpha, threshold, their product and the distance in float32.
 */
export type Arithmetic = "float64" | "float64-ratio" | "float64-product" | "float32-alpha" | "float32";

/** Where a threshold comes from. Lengths are taken in the protocol's frame. */
export interface ThresholdRule {
  /**
   * `box`: the longer side of the object box. `keypoints`: the longer extent of the annotated points.
   * `keypoints-padded`: the same over the fixed-length array of an official loader, whose unused slots hold
   * (padding, padding). `image`: the longer side of the picture.
   */
  readonly of: "box" | "keypoints" | "keypoints-padded" | "image";
  /** Whose box, points or picture. */
  readonly side: "source" | "target";
  /** The value in unused slots; for `keypoints-padded` only. */
  readonly padding?: number;
  /** Where it differs from the protocol's own. */
  readonly arithmetic?: Arithmetic;
}

/** What happens to a pair with more points than the official loader has room for. */
export interface MaxPoints {
  /** `first`: the rest is silently dropped. `error`: refused. `exactly`: any other count is refused. */
  readonly policy: "first" | "error" | "exactly";
  /** Slots, by the benchmark's own threshold rule; no entry: no limit. */
  readonly n: { readonly [rule in ThresholdSource]?: number };
}

/**
 * How hits become one number. `image`: mean over pairs of the pair's share of hits. `point`: share of hits of all
 * points. `category-image`, `category-point`: the same inside each category, then the unweighted mean of categories.
 */
export type Average = "image" | "point" | "category-image" | "category-point";

/** Where a protocol was read from. */
export interface ProtocolSource {
  /** GitHub owner/name. */
  readonly repository: string;
  readonly commit: string;
  readonly file: string;
}

/** One evaluation protocol of keypoint predictions. */
export interface Protocol {
  /** Canonical name: what a result records and a table prints. */
  readonly name: string;
  /** File it came from; also the short name of the family's default. */
  readonly family: string;
  readonly title: string;
  /** The official evaluator; null for this project's own. */
  readonly source: ProtocolSource | null;
  /** `pck`: within the threshold. `pck-dagger`: within it, and nearer to the right annotated point than to any other. */
  readonly metric: "pck" | "pck-dagger";
  readonly frame: ProtocolFrame;
  readonly groundTruth: {
    /** Benchmarks whose annotated points are rounded down before anything else. */
    readonly floorOn: readonly string[];
    /** Margin e: the judged annotated points are clamped to [e, side - 1 - e] after mapping; null: not clamped. */
    readonly clamp: number | null;
  };
  /** Threshold by the benchmark's own rule; a rule without entry cannot be scored. */
  readonly threshold: { readonly [rule in ThresholdSource]?: ThresholdRule };
  readonly comparison: "<=" | "<";
  readonly arithmetic: Arithmetic;
  readonly average: Average;
  /** Replaces the unweighted mean of a `category-*` average, by the benchmark's own rule. Every category must occur. */
  readonly categoryWeights: { readonly [rule in ThresholdSource]?: { readonly [category: string]: number } } | null;
  /** `forward` judges predicted target points; `reverse` judges predicted source points of the target's points. */
  readonly direction: "forward" | "reverse";
  readonly maxPoints: MaxPoints | null;
  /** A threshold of zero: refused, or scored as it falls (`<=` counts an exact hit, `<` nothing). */
  readonly zeroThreshold: "error" | "score";
  /** The judged points are collected per rounded pixel; of points on one pixel the last one counts. */
  readonly collapsePixels: boolean;
  /** A coordinate of exactly this value marks a missing point in the official arrays; null: nothing does. */
  readonly sentinel: number | null;
  readonly alphas: readonly number[];
  /** Known defects of the official evaluator that this protocol reproduces, one sentence each. */
  readonly defects: readonly string[];
  /** Benchmark rules the official code has no case for; this project fills them in the obvious way. */
  readonly unofficial: readonly ThresholdSource[];
}

/** What every protocol tells, whatever it judges. */
type ProtocolLabel = Pick<Protocol, "name" | "family" | "title" | "source" | "direction" | "alphas" | "defects">;

/**
 * One evaluation protocol of dense flow against dense truth: a judged pixel is right within alpha * threshold (<=), in
 * original pixels; the mean end-point error goes with it.
 */
export interface FlowProtocol extends ProtocolLabel {
  readonly metric: "flow-pck";
  /** The longer side of this picture of the pair is what alpha = 1 stands for. */
  readonly threshold: { readonly of: "image"; readonly side: "source" | "target" };
  readonly comparison: "<=";
  /** `image`: mean over pairs of the pair's share of pixels; `point`: share of all pixels. */
  readonly average: "image" | "point";
  /** Whose threshold judges a pixel: its own pair's, or the LAST pair's for all of them (a defect). */
  readonly pooledThreshold: "own" | "last";
  /** The truth lies on the source's pixels. */
  readonly direction: "forward";
}

/** What a mask protocol measures: label transfer accuracy, intersection over union, localisation error. */
export type MaskMeasure = "lt-acc" | "iou" | "loc-err";

/** One evaluation protocol of masks carried from one picture to the other by the dense flow. Measures are per pair. */
export interface MaskProtocol extends ProtocolLabel {
  readonly metric: "mask-transfer";
  /**
   * `warp`: each target pixel takes the source mask's label where the flow (target -> source, so `reverse`) sends it.
   * `outline`: the vertices of the source outline follow the flow (`forward`), and the polygon is filled.
   */
  readonly transfer: "warp" | "outline";
  /** Where outlines are filled and compared: original pixels, or shrunk to a longer side. */
  readonly frame: ProtocolFrame;
  readonly measures: readonly MaskMeasure[];
  /** Empty: masks have no threshold. */
  readonly alphas: readonly never[];
}

/** A protocol of dense predictions. */
export type DenseProtocol = FlowProtocol | MaskProtocol;

/** Any protocol a run can be scored under. */
export type AnyProtocol = Protocol | DenseProtocol;

/** Whether a protocol judges dense predictions rather than keypoints. */
export function isDense(protocol: AnyProtocol): protocol is DenseProtocol {
  return protocol.metric === "flow-pck" || protocol.metric === "mask-transfer";
}
