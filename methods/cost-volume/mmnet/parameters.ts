/**
 * MMNet's parameters by the names of its checkpoints.
 *
 * @module
 */
import type { WeightSet } from "../../../core/weights/set.ts";
import type { WeightTensor } from "../../../core/weights/tensor.ts";

/** Channels inside a multi-scale block. */
export const INNER = 32;
/** Channels of every map that is matched. */
export const FEATURES = 21;
/** Channels that neighbours are compared by. */
export const COMPARED = 10;
/** Pixels from tap to tap of the three parallel convolutions of a block. */
export const DILATIONS = [4, 8, 12] as const;
/** Channels of a ResNet's four stages. */
export const STAGE_CHANNELS = [256, 512, 1024, 2048] as const;

/**
 * What a checkpoint holds beside the head: the backbone, members that the official code makes and never calls (three
 * transposed convolutions of 80 million weights each among them).
 */
export const UNUSED = [
  "backbone.*",
  "upsample_4.*",
  "upsample_8.*",
  "upsample_16.*",
  "feature_upsample_*",
  "msblock0*",
  "conv0_*",
  "conv*_kernel.*",
] as const;

/** A convolution's parameters. */
export interface ConvParameters {
  readonly weight: WeightTensor;
  readonly bias: WeightTensor;
}

/** `msblock{i}_{j}` and `conv{i}_{j}_down`. */
export interface BlockParameters {
  /** 3 x 3, from the bottleneck's channels. */
  readonly conv: ConvParameters;
  /** 3 x 3, one per dilation. */
  readonly dilated: readonly ConvParameters[];
  /** 1 x 1. */
  readonly down: ConvParameters;
}

/** `wa_{i}`, all 1 x 1. */
export interface AverageParameters {
  readonly theta: ConvParameters;
  readonly phi: ConvParameters;
  readonly g: ConvParameters;
  readonly back: ConvParameters;
}

/** One stage of the network. */
export interface StageParameters {
  readonly blocks: readonly BlockParameters[];
  readonly average: AverageParameters;
  /** `conv{i}_scale`, joins the stage with the one above; absent for the last. */
  readonly join?: ConvParameters;
  /** `feat_upsample_{i}.weight`, doubles the map for the stage below; absent for the first. */
  readonly enlarge?: WeightTensor;
}

/**
 * Takes every parameter of the head.
 *
 * @param fallback bottlenecks per stage, where the set holds no tensors of its own
 */
export function takeMmnet(set: WeightSet, fallback: readonly number[]): StageParameters[] {
  const stored = set.tensors.size > 0;
  return STAGE_CHANNELS.map((channels, s) => {
    const i = s + 1;
    let count = stored ? 0 : fallback[s] ?? 0;
    while (stored && set.has(`msblock${i}_${count + 1}.conv.weight`)) count++;
    // A stage without any block is asked for one, so that its absence is named.
    const blocks = Array.from({ length: Math.max(count, 1) }, (_, j): BlockParameters => {
      const name = `msblock${i}_${j + 1}`;
      return {
        conv: take(set, `${name}.conv`, INNER, channels, 3),
        dilated: DILATIONS.map((_, d) => take(set, `${name}.conv${d + 1}`, INNER, INNER, 3)),
        down: take(set, `conv${i}_${j + 1}_down`, FEATURES, INNER, 1),
      };
    });
    const pointwise = (part: string, out: number, from: number) => take(set, `wa_${i}.conv_${part}`, out, from, 1);
    return {
      blocks,
      average: {
        theta: pointwise("theta", COMPARED, FEATURES),
        phi: pointwise("phi", COMPARED, FEATURES),
        g: pointwise("g", COMPARED, FEATURES),
        back: pointwise("back", FEATURES, COMPARED),
      },
      ...(i < 4 && { join: take(set, `conv${i}_scale`, FEATURES, 2 * FEATURES, 3) }),
      ...(i > 1 && { enlarge: set.take(`feat_upsample_${i}.weight`, [FEATURES, FEATURES, 4, 4]) }),
    };
  });
}

function take(set: WeightSet, name: string, out: number, from: number, side: number): ConvParameters {
  return { weight: set.take(`${name}.weight`, [out, from, side, side]), bias: set.take(`${name}.bias`, [out]) };
}
