/**
 * HCCNet's network: point-wise convolutions over the hypercolumn correlation. No weight sees more than one pair of cells;
 * all that is mixed are the correlations of different slices of different layers (Kim et al., WACV 2024).
 *
 * @module
 */
import { cube } from "../../../core/consensus/layers.ts";
import type { Conv4dLayer, Ops } from "../../../core/consensus/volume.ts";
import { InputError } from "../../../core/errors.ts";
import type { WeightSet } from "../../../core/weights/set.ts";

/** Output channels of the layers; read off a file where there is one. */
function widthsOf(set: WeightSet, fallback: readonly number[]): readonly number[] {
  const widths: number[] = [];
  for (let i = 0; set.tensors.has(`hypercolumn.${i}.weight`); i++) {
    widths.push(set.tensors.get(`hypercolumn.${i}.weight`)!.shape[0] ?? 1);
  }
  return widths.length > 0 ? widths : fallback;
}

/**
 * Takes the layers `hypercolumn.<i>.{weight,bias}`, [outputs][inputs] and [outputs]; a ReLU follows all but the last.
 *
 * @param features correlations of each pair of cells
 * @throws InputError where the fallback is needed and does not end in one channel.
 */
export function takePointwise(set: WeightSet, features: number, fallback: readonly number[]): Conv4dLayer[] {
  const widths = widthsOf(set, fallback);
  if (widths.at(-1) !== 1 || widths.some((width) => !Number.isInteger(width) || width < 1)) {
    throw new InputError(`Cannot use widths=[${widths}]: they are whole numbers, and the last one is 1`);
  }
  return widths.map((outChannels, i) => {
    const inChannels = widths[i - 1] ?? features;
    const weight = set.take(`hypercolumn.${i}.weight`, [outChannels, inChannels]);
    const offset = set.take(`hypercolumn.${i}.bias`, [outChannels]);
    // Read when first used, so that every fault of a file can be listed before any of it is read.
    let weights: Float32Array | undefined, bias: Float32Array | undefined;
    return {
      kernel: cube(1),
      inChannels,
      outChannels,
      relu: i < widths.length - 1,
      get weights() {
        return weights ??= weight.read();
      },
      get bias() {
        return bias ??= offset.read();
      },
    };
  });
}

/** The layers on every token. @param tokens [tokens][features] @returns [tokens] */
export async function mixed(ops: Ops, tokens: Float32Array, layers: readonly Conv4dLayer[]): Promise<Float32Array> {
  const features = layers[0]!.inChannels, count = tokens.length / features, root = Math.sqrt(count);
  // Any shape will do; one with rows is shared among threads.
  const rows = Number.isInteger(root) ? root : 1;
  const out = await ops.conv4d({ data: tokens, shape: [1, rows, 1, count / rows, features] }, layers);
  return await out.take();
}
