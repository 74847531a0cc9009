/**
 * The feature pyramid that gives DualRC-Net its fine descriptors.
 *
 * It is an ONNX Runtime graph. Its last convolution, 3 x 3 from 1024 to 1024 channels, is 19 of 20 parts of the arithmetic:
 * where only some cells are asked for, it is a native product of their patches.
 *
 * @module
 */
import type { Descriptors, Ops } from "../../../core/consensus/volume.ts";
import { type Affine, takeAffine } from "../../../core/graph/affine.ts";
import { Graph, type Value } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/graph/model.ts";
import { add, conv, resize, transpose } from "../../../core/graph/ops/mod.ts";
import { OpenNetworks } from "../../../core/hyper/network.ts";
import type { WeightSet } from "../../../core/weights/set.ts";

/** Channels of a ResNet's first three stages, at strides 4, 8, 16. */
export const STAGE_CHANNELS = [256, 512, 1024] as const;

/** Channels of the fine map. */
const CHANNELS = 1024;

/** Parameters of the neck "3_1024_4". */
export interface NeckWeights {
  /** 1 x 1: 512 to 1024, and 256 to 1024. */
  readonly inner: readonly [Affine, Affine];
  /** 3 x 3. */
  readonly last: Affine;
}

/** Takes the neck's parameters, `FeatureExtraction.inner_block_list.{0,1}` and `FeatureExtraction.last_layer_block`. */
export function takeNeck(set: WeightSet): NeckWeights {
  const take = (name: string, from: number, side: number) =>
    takeAffine(set, `FeatureExtraction.${name}`, [CHANNELS, from, side, side]);
  return {
    inner: [take("inner_block_list.0", STAGE_CHANNELS[1], 1), take("inner_block_list.1", STAGE_CHANNELS[0], 1)],
    last: take("last_layer_block", CHANNELS, 3),
  };
}

/** Rows and columns of the three stages. */
type Sizes = readonly (readonly [rows: number, cols: number])[];

/**
 * Stages of a ResNet, [rows][cols][channels], to one fine map: from the coarsest up, each level is enlarged (bilinear,
 * corners aligned) and added to the next, and a 3 x 3 convolution ends it, but where `whole` is false.
 */
function neckModel(sizes: Sizes, weights: NeckWeights, whole: boolean): Model {
  const g = new Graph("DualRC-Net's neck");
  const planes = (i: number) => {
    const [rows, cols] = sizes[i]!;
    return transpose(g, g.input(`stage${i + 1}`, [1, rows, cols, STAGE_CHANNELS[i]!]), [0, 3, 1, 2]);
  };
  const apply = (x: Value, { weight, bias }: Affine, padding = 0) =>
    conv(g, x, g.weight(weight), g.weight(bias), { padding });
  const enlarged = (x: Value, i: number) => resize(g, x, ...sizes[i]!, { mode: "bilinear", alignCorners: true });
  const middle = add(g, apply(planes(1), weights.inner[0]), enlarged(planes(2), 1));
  const merged = add(g, apply(planes(0), weights.inner[1]), enlarged(middle, 0));
  return g.model({ fine: transpose(g, whole ? apply(merged, weights.last, 1) : merged, [0, 2, 3, 1]) });
}

/** Taps of the last convolution, and what they read of a cell. */
const TAPS = 9, PATCH = TAPS * CHANNELS;

/** Cells whose patches are held at once. */
const BATCH = 512;

/** [out][in][9] -> [out][9][in], as patches of maps with channels last are read. */
function channelsLast(data: Float32Array): Float32Array {
  const out = new Float32Array(data.length);
  for (let o = 0, from = 0; o < CHANNELS; o++) {
    for (let i = 0; i < CHANNELS; i++) {
      for (let t = 0; t < TAPS; t++, from++) out[(o * TAPS + t) * CHANNELS + i] = data[from]!;
    }
  }
  return out;
}

/** The 3 x 3 cells around a cell, 0 outside the map. */
function copyPatch({ rows, cols, data }: Descriptors, cell: number, to: Float32Array): void {
  const row = Math.floor(cell / cols), col = cell % cols;
  for (let t = 0; t < TAPS; t++) {
    const y = row + Math.floor(t / 3) - 1, x = col + t % 3 - 1, at = t * CHANNELS;
    if (y < 0 || x < 0 || y >= rows || x >= cols) to.fill(0, at, at + CHANNELS);
    else to.set(data.subarray((y * cols + x) * CHANNELS, (y * cols + x + 1) * CHANNELS), at);
  }
}

/** Runs the neck; one session per size of pictures, the last few stay open. */
export class Neck {
  readonly #networks = new OpenNetworks();
  /** The last convolution's weights on the device, once they were needed. */
  #last: ReturnType<Ops["tensor"]> | undefined;

  constructor(readonly ops: Ops, readonly weights: NeckWeights) {}

  /** @param stages from fine to coarse. @returns the map before the last convolution, on the grid of the first */
  merged(stages: readonly Descriptors[]): Promise<Descriptors> {
    return this.#run(stages, false);
  }

  /** @param stages from fine to coarse. @returns descriptors on the grid of the first, not normalised */
  describe(stages: readonly Descriptors[]): Promise<Descriptors> {
    return this.#run(stages, true);
  }

  async #run(stages: readonly Descriptors[], whole: boolean): Promise<Descriptors> {
    const sizes: Sizes = stages.map(({ rows, cols }) => [rows, cols]);
    const inputs = Object.fromEntries(stages.map(({ rows, cols, channels, data }, i) => [
      `stage${i + 1}`,
      // A run takes its inputs' memory away; these belong to the feature cache.
      { shape: [1, rows, cols, channels], data: new Float32Array(data) },
    ]));
    const key = `${sizes.join()} ${whole}`;
    const { fine } = await this.#networks.run(key, () => neckModel(sizes, this.weights, whole), inputs);
    return { rows: sizes[0]![0], cols: sizes[0]![1], channels: CHANNELS, data: fine!.data };
  }

  /** Descriptors of some cells of a merged map. @returns [cells][1024], not normalised */
  async at(merged: Descriptors, cells: Int32Array): Promise<Float32Array> {
    const { weight, bias } = this.weights.last, offsets = bias.read();
    this.#last ??= this.ops.tensor(channelsLast(weight.read()), [CHANNELS, PATCH]);
    const last = await this.#last, out = new Float32Array(cells.length * CHANNELS);
    const patches = new Float32Array(Math.min(BATCH, cells.length) * PATCH);
    for (let start = 0; start < cells.length; start += BATCH) {
      const n = Math.min(BATCH, cells.length - start);
      for (let i = 0; i < n; i++) copyPatch(merged, cells[start + i]!, patches.subarray(i * PATCH, (i + 1) * PATCH));
      const asked = { data: patches.subarray(0, n * PATCH), shape: [n, PATCH] };
      const product = await (await this.ops.correlate(asked, last)).take();
      for (let i = 0, at = 0; i < n; i++) for (let c = 0; c < CHANNELS; c++, at++) product[at]! += offsets[c]!;
      out.set(product, start * CHANNELS);
    }
    return out;
  }

  /** Gives the sessions and weights back. */
  async close(): Promise<void> {
    await this.#networks.close();
    (await this.#last)?.dispose();
    this.#last = undefined;
  }
}
