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

/**
 * Stages one after the other; branches of a stage see the same volume, each symmetric of its own, and their channels are
 * joined in order. A branch is a stack of layers.
 */
export type Stages = readonly (readonly (readonly Conv4dLayer[])[])[];

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
  const pair = (narrow: string, wide: string, from: number) => [
    [take(`${narrow}.0`, NARROW, from, 8)],
    [take(`${wide}.0`, WIDE, from, 8)],
  ];
  switch (variant) {
    case 1:
      return [pair("conv0", "conv1", 1), [[take("conv2.0", WIDE, 16, 16), take("conv2.2", WIDE, 16, 1)]]];
    case 2:
      return [[[take("conv0.0", WIDE, 1, 16)]], pair("conv10", "conv11", 16), [[take("conv2.0", WIDE, 16, 1)]]];
    case 3:
      return [pair("conv00", "conv01", 1), pair("conv10", "conv11", 16), [[take("conv2.0", WIDE, 16, 1)]]];
  }
}

/** Runs the stages. @returns one channel */
export async function adaptiveConsensus(ops: Ops, volume: Volume, stages: Stages): Promise<Volume> {
  for (const branches of stages) {
    const parts = [];
    for (const layers of branches) parts.push(await convolve(ops, volume, layers));
    volume = { size: volume.size, data: joinChannels(parts) };
  }
  return volume;
}

/** Volumes with channels last, their channels in order. */
function joinChannels(parts: readonly Volume[]): Float32Array {
  if (parts.length === 1) return parts[0]!.data;
  const cells = parts[0]!.size.reduce((product, side) => product * side, 1);
  const total = parts.reduce((sum, { data }) => sum + data.length, 0), channels = total / cells;
  const out = new Float32Array(total);
  let first = 0;
  for (const { data } of parts) {
    const own = data.length / cells;
    for (let cell = 0, from = 0; cell < cells; cell++) {
      for (let c = 0, to = cell * channels + first; c < own; c++) out[to++] = data[from++]!;
    }
    first += own;
  }
  return out;
}
