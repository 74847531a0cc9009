/**
 * VAT's parameters by the names of its checkpoints, and the sizes of its volumes.
 *
 * @module
 */
import { type Affine, takeAffine } from "../../../core/graph/affine.ts";
import { type EncoderBlock, type Four, takeEncoderBlock } from "../../../core/hyper/separable.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import type { WeightTensor } from "../../../core/weights/tensor.ts";
import { type SwinBlock, type SwinForm, takeSwinBlocks } from "./swin.ts";

/** Channels of every encoded volume. */
export const CHANNELS = 128;

/** Channels of the projected features, from coarse to fine, and of the maps they come from. */
const PROJECTED = [64, 32, 16] as const, FEATURE_CHANNELS = [2048, 1024, 512] as const;

/** Channels that a decoder stage leaves to the next. */
const REDUCED = [96, 48] as const;

/** What the parameters do not say. */
export interface VatForm {
  /** Encoded volumes from coarse to fine: (8, 8, 8, 8), (16, 16, 8, 8), (32, 32, 8, 8) at 512 pixels. */
  readonly volumes: readonly Four[];
  /** Side of 4-D windows and of 2-D ones. */
  readonly window4d: number;
  readonly window2d: number;
  /** Correlations per stage of the backbone, from coarse to fine. */
  readonly layers: readonly [number, number, number];
}

/** The published network, for pictures of 512 pixels. */
export const OFFICIAL: VatForm = {
  volumes: [[8, 8, 8, 8], [16, 16, 8, 8], [32, 32, 8, 8]],
  window4d: 4,
  window2d: 8,
  layers: [3, 23, 4],
};

/** Blocks of the three 4-D transformers. */
const DEPTHS = [4, 2, 2] as const;

/** A 4-D transformer with its position embedding. */
export interface VolumeTransformer {
  readonly form: SwinForm;
  /** [64][first pair] and [64][last pair]. */
  readonly query: WeightTensor;
  readonly support: WeightTensor;
  readonly blocks: readonly SwinBlock[];
}

/** A 2-D transformer and the 1 x 1 convolution after it, which the last lacks. */
export interface DecoderStage {
  readonly form: SwinForm;
  readonly blocks: readonly SwinBlock[];
  readonly norm: Affine;
  readonly reduce?: Affine;
}

/** Every parameter after the backbone, stages from coarse to fine. */
export interface VatParameters {
  readonly form: VatForm;
  readonly encoders: readonly (readonly EncoderBlock[])[];
  readonly transformers: readonly VolumeTransformer[];
  readonly project: readonly Affine[];
  readonly decoder: readonly DecoderStage[];
  /** Two 3 x 3 convolutions. */
  readonly head: readonly [Affine, Affine];
}

/** Outputs, strides and groups of the encoders' blocks. */
const ENCODERS: readonly (readonly (readonly [outputs: number, stride: Four, groups: number])[])[] = [
  [[64, [2, 2, 1, 1], 4], [128, [1, 1, 2, 2], 8]],
  [[64, [2, 2, 2, 2], 4], [128, [1, 1, 2, 2], 8]],
  [[32, [2, 2, 2, 2], 2], [64, [1, 1, 2, 2], 4], [128, [1, 1, 2, 2], 8]],
];

/** Takes every parameter under `prefix`. */
export function takeVat(set: WeightSet, prefix: string, form: VatForm): VatParameters {
  const encoders = ENCODERS.map((blocks, s) =>
    blocks.map(([outputs, stride, groups], b) =>
      takeEncoderBlock(set, `${prefix}encoders.${s}.conv4d.${b}`, {
        inputs: b === 0 ? form.layers[s]! : blocks[b - 1]![0],
        outputs,
        kernel: [3, 3, 3, 3],
        stride,
        groups,
      })
    )
  );
  const transformers = form.volumes.map((sizes, s): VolumeTransformer => {
    const swin = { sizes, window: form.window4d, heads: 1, channels: CHANNELS };
    return takeVolumeTransformer(set, `${prefix}transformer.${s}.transformer`, swin, DEPTHS[s]!);
  });
  const [rows, cols] = form.volumes.at(-1)!;
  const decoder = PROJECTED.map((projected, s): DecoderStage => {
    const channels = (s === 0 ? CHANNELS : REDUCED[s - 1]!) + projected, name = `${prefix}swin_decoder.${s}`;
    const swin = { sizes: [rows, cols], window: form.window2d, heads: 1, channels };
    return {
      form: swin,
      blocks: takeSwinBlocks(set, `${name}.0.transformer.layers.0.blocks`, 2, swin),
      norm: takeAffine(set, `${name}.0.transformer.norm`, [channels]),
      ...(s < 2 && { reduce: takeAffine(set, `${name}.1`, [REDUCED[s]!, channels, 1, 1]) }),
    };
  });
  return {
    form,
    encoders,
    transformers,
    decoder,
    project: PROJECTED.map((out, s) =>
      takeAffine(set, `${prefix}proj_query_feat.${s}.0`, [out, FEATURE_CHANNELS[s]!, 1, 1])
    ),
    head: [
      takeAffine(set, `${prefix}decoder.0`, [32, decoder.at(-1)!.form.channels, 3, 3]),
      takeAffine(set, `${prefix}decoder.2`, [2, 32, 3, 3]),
    ],
  };
}

/** Takes a 4-D transformer; its last norm lies in the file and is never applied. */
export function takeVolumeTransformer(set: WeightSet, name: string, form: SwinForm, depth: number): VolumeTransformer {
  const { channels, sizes: [I, J, K, L] } = form;
  takeAffine(set, `${name}.norm`, [channels]);
  return {
    form,
    query: set.take(`${name}.query_pos_embed`, [1, channels / 2, I!, J!, 1, 1]),
    support: set.take(`${name}.supp_pos_embed`, [1, channels / 2, 1, 1, K!, L!]),
    blocks: takeSwinBlocks(set, `${name}.layer.blocks`, depth, form),
  };
}
