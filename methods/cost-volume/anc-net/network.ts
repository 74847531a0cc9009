/**
 * Adaptive neighbourhood consensus: kernels of different extent in the two pictures side by side, so that an object may
 * differ in size (Li et al., CVPR 2020).
 *
 * @module
 */
import { cube, type Kernel4, takeConv4d } from "../../../core/consensus/layers.ts";
import { type Conv4dLayer, convolve, type Ops, type Volume } from "../../../core/consensus/volume.ts";
import type { WeightSet } from "../../../core/weights/set.ts";

/** 3 x 3 in the source, 5 x 5 in the target; the symmetric pass has them the other way round. */
const NARROW: Kernel4 = [3, 3, 5, 5];
const WIDE = cube(5);

/** Stages one after the other, each symmetric of its own and a stack of layers. */
export type Stages = readonly (readonly Conv4dLayer[])[];

/** The official code's three networks: NonIsotropicNCA, B and C. */
export const VARIANTS = [1, 2, 3] as const;
export type Variant = typeof VARIANTS[number];

/** Which variant a checkpoint holds, told by the names of its layers; `fallback` where it holds none at all. */
export function variantOf(set: WeightSet, fallback: Variant): Variant {
  if (set.tensors.size === 0) return fallback;
  if (set.has("NeighConsensus.conv00.0.weight")) return 3;
  return set.has("NeighConsensus.conv10.0.weight") ? 2 : 1;
}

/** Takes every layer of a variant. */
export function takeStages(set: WeightSet, variant: Variant): Stages {
  const take = (name: string, kernel: Kernel4, from: number, to: number) =>
    takeConv4d(set, `NeighConsensus.${name}`, kernel, from, to);
  const pair = (narrow: string, wide: string, from: number) =>
    sideBySide(take(`${narrow}.0`, NARROW, from, 8), take(`${wide}.0`, WIDE, from, 8));
  switch (variant) {
    case 1:
      return [[pair("conv0", "conv1", 1)], [take("conv2.0", WIDE, 16, 16), take("conv2.2", WIDE, 16, 1)]];
    case 2:
      return [[take("conv0.0", WIDE, 1, 16)], [pair("conv10", "conv11", 16)], [take("conv2.0", WIDE, 16, 1)]];
    case 3:
      return [[pair("conv00", "conv01", 1)], [pair("conv10", "conv11", 16)], [take("conv2.0", WIDE, 16, 1)]];
  }
}

/**
 * Two layers that see the same volume as one layer with the channels of both: the narrow kernel stands in the middle of
 * zeros. One pass for 16 channels took no longer than two for 8 at 25^4, and nothing has to be joined after.
 */
export function sideBySide(narrow: Conv4dLayer, wide: Conv4dLayer): Conv4dLayer {
  const { kernel, inChannels } = wide;
  let weights: Float32Array | undefined, bias: Float32Array | undefined;
  return {
    kernel,
    inChannels,
    outChannels: narrow.outChannels + wide.outChannels,
    relu: true,
    get weights() {
      return weights ??= joined(padded(narrow, kernel), wide.weights);
    },
    get bias() {
      return bias ??= joined(narrow.bias, wide.bias);
    },
  };
}

/** A layer's weights in the middle of a larger kernel. */
function padded({ kernel: [a, b, c, d], weights }: Conv4dLayer, [A, B, C, D]: Kernel4): Float32Array {
  const maps = weights.length / (a * b * c * d), out = new Float32Array(maps * A * B * C * D);
  const [i0, j0, k0, l0] = [(A - a) / 2, (B - b) / 2, (C - c) / 2, (D - d) / 2];
  let from = 0;
  for (let map = 0; map < maps; map++) {
    for (let i = 0; i < a; i++) {
      for (let j = 0; j < b; j++) {
        for (let k = 0; k < c; k++) {
          const row = (((map * A + i0 + i) * B + j0 + j) * C + k0 + k) * D + l0;
          for (let l = 0; l < d; l++) out[row + l] = weights[from++]!;
        }
      }
    }
  }
  return out;
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** Runs the stages. @returns one channel */
export async function adaptiveConsensus(ops: Ops, volume: Volume, stages: Stages): Promise<Volume> {
  for (const layers of stages) volume = await convolve(ops, volume, layers);
  return volume;
}
