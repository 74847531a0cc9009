/**
 * The feature pyramid that gives DualRC-Net its fine descriptors.
 *
 * @module
 */
import type { Descriptors } from "../../../core/consensus/volume.ts";
import { Graph, type Value } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/graph/model.ts";
import { add, conv, resize, transpose } from "../../../core/graph/ops/mod.ts";
import { OpenNetworks } from "../../../core/hyper/network.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import type { WeightTensor } from "../../../core/weights/tensor.ts";

/** Channels of a ResNet's first three stages, at strides 4, 8, 16. */
export const STAGE_CHANNELS = [256, 512, 1024] as const;

/** Channels of the fine map. */
const CHANNELS = 1024;

/** One convolution's parameters. */
interface ConvWeights {
  readonly weight: WeightTensor;
  readonly bias: WeightTensor;
}

/** Parameters of the neck "3_1024_4". */
export interface NeckWeights {
  /** 1 x 1: 512 to 1024, and 256 to 1024. */
  readonly inner: readonly [ConvWeights, ConvWeights];
  /** 3 x 3. */
  readonly last: ConvWeights;
}

/** Takes the neck's parameters, `FeatureExtraction.inner_block_list.{0,1}` and `FeatureExtraction.last_layer_block`. */
export function takeNeck(set: WeightSet): NeckWeights {
  const take = (name: string, from: number, side: number): ConvWeights => ({
    weight: set.take(`FeatureExtraction.${name}.weight`, [CHANNELS, from, side, side]),
    bias: set.take(`FeatureExtraction.${name}.bias`, [CHANNELS]),
  });
  return {
    inner: [take("inner_block_list.0", STAGE_CHANNELS[1], 1), take("inner_block_list.1", STAGE_CHANNELS[0], 1)],
    last: take("last_layer_block", CHANNELS, 3),
  };
}

/** Rows and columns of the three stages. */
type Sizes = readonly (readonly [rows: number, cols: number])[];

/**
 * Stages of a ResNet, [rows][cols][channels], to a fine map: from the coarsest up, each level is enlarged (bilinear,
 * corners aligned) and added to the next, and a 3 x 3 convolution ends it.
 */
function neckModel(sizes: Sizes, weights: NeckWeights): Model {
  const g = new Graph("DualRC-Net's neck");
  const planes = (i: number) => {
    const [rows, cols] = sizes[i]!;
    return transpose(g, g.input(`stage${i + 1}`, [1, rows, cols, STAGE_CHANNELS[i]!]), [0, 3, 1, 2]);
  };
  const apply = (x: Value, { weight, bias }: ConvWeights, padding = 0) =>
    conv(g, x, g.weight(weight), g.weight(bias), { padding });
  const enlarged = (x: Value, i: number) => resize(g, x, ...sizes[i]!, { mode: "bilinear", alignCorners: true });
  const middle = add(g, apply(planes(1), weights.inner[0]), enlarged(planes(2), 1));
  const fine = add(g, apply(planes(0), weights.inner[1]), enlarged(middle, 0));
  return g.model({ fine: transpose(g, apply(fine, weights.last, 1), [0, 2, 3, 1]) });
}

/** Runs the neck; one session per size of pictures, the last few stay open. */
export class Neck {
  readonly #networks = new OpenNetworks();

  constructor(readonly weights: NeckWeights) {}

  /** @param stages from fine to coarse. @returns descriptors on the grid of the first, not normalised */
  async describe(stages: readonly Descriptors[]): Promise<Descriptors> {
    const sizes: Sizes = stages.map(({ rows, cols }) => [rows, cols]);
    const inputs = Object.fromEntries(stages.map(({ rows, cols, channels, data }, i) => [
      `stage${i + 1}`,
      // A run takes its inputs' memory away; these belong to the feature cache.
      { shape: [1, rows, cols, channels], data: new Float32Array(data) },
    ]));
    const { fine } = await this.#networks.run(sizes.join(), () => neckModel(sizes, this.weights), inputs);
    return { rows: sizes[0]![0], cols: sizes[0]![1], channels: CHANNELS, data: fine!.data };
  }

  /** Gives the sessions back. */
  async close(): Promise<void> {
    await this.#networks.close();
  }
}
