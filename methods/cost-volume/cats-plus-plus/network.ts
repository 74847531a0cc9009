/**
 * The network of CATs++ behind the correlations. Volumes are [1][4][target rows][target cols][source rows][source cols],
 * target and source in the official code's sense: its target is the picture that is asked from.
 *
 * @module
 */
import { Graph } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/graph/model.ts";
import { conv, relu, reshape, transpose } from "../../../core/graph/ops/mod.ts";
import type { OpenNetworks } from "../../../core/hyper/network.ts";
import {
  encode,
  type EncoderBlock,
  type Four,
  type Ops,
  resize4d,
  takeEncoderBlock,
  type Tensor,
} from "../../../core/hyper/separable.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import type { WeightTensor } from "../../../core/weights/tensor.ts";
import { CHANNELS, HEAD, takeTransformer, transform, type TransformerLayer } from "./attention.ts";

/** Maps and channels of the three levels, from coarse to fine: conv5, conv4, conv3. */
export const LEVELS = [
  { maps: 3, features: 2048, kernel: [3, 3, 3, 3], stride: 1 },
  { maps: 23, features: 1024, kernel: [3, 3, 3, 3], stride: 2 },
  { maps: 4, features: 512, kernel: [5, 5, 3, 3], stride: 4 },
] as const;

/** One level's parameters. */
export interface Level {
  readonly early: EncoderBlock;
  readonly transformer: TransformerLayer;
  /** The feature projection: [HEAD, channels, 3, 3] and [HEAD]. */
  readonly affinity: { readonly weight: WeightTensor; readonly bias: WeightTensor };
}

/** Takes `early_conv.*`, `transformers.*` and `affinity_proj.*`. @param sides cells per side of each level's volume */
export function takeLevels(set: WeightSet, sides: readonly number[]): Level[] {
  return LEVELS.map(({ maps, features, kernel, stride }, i) => ({
    early: takeEncoderBlock(set, `early_conv.${i}.conv4d.0`, {
      inputs: maps,
      outputs: CHANNELS,
      kernel: [3, 3, 3, 3],
      stride: [2, 2, 2, 2],
    }),
    transformer: takeTransformer(set, `transformers.${i}.layer.0`, { kernel, stride, side: sides[i]! }),
    affinity: {
      weight: set.take(`affinity_proj.${i}.0.weight`, [HEAD, features, 3, 3]),
      bias: set.take(`affinity_proj.${i}.0.bias`, [HEAD]),
    },
  }));
}

/** Projects features beside the tokens: inputs `level0` to `level2` [1, rows, cols, channels], outputs [cells, HEAD]. */
export function affinityModel(
  sizes: readonly (readonly [rows: number, cols: number])[],
  levels: readonly Level[],
): Model {
  const g = new Graph("CATs++ features");
  const outputs = levels.map(({ affinity: { weight, bias } }, i) => {
    const x = transpose(g, g.input(`level${i}`, [1, ...sizes[i]!, LEVELS[i]!.features]), [0, 3, 1, 2]);
    const y = relu(g, conv(g, x, g.weight(weight), g.weight(bias), { stride: 2, padding: 1 }));
    return [`affinity${i}`, reshape(g, transpose(g, y, [0, 2, 3, 1]), [y.shape[2]! * y.shape[3]!, HEAD])] as const;
  });
  return g.model(Object.fromEntries(outputs));
}

/** Features of a picture per level, [cells][HEAD]. */
export type Affinity = readonly Float32Array[];

/** What the recordings look at on the way. */
export type Watch = (name: string, x: Tensor) => Promise<void>;

/**
 * The hierarchy: at each level c + T(c) + T(swapped c), from conv5 to conv3, each result enlarged and added to the next.
 *
 * @param networks keeps the attentions open, two for each level
 * @param correlations [1][maps][target rows][target cols][source rows][source cols] per level; freed as they are used
 * @returns the mean over channels at the finest level, on its own sizes
 */
export async function refine(
  ops: Ops,
  networks: OpenNetworks,
  correlations: (level: number) => Promise<Tensor>,
  levels: readonly Level[],
  affinity: { readonly source: Affinity; readonly target: Affinity },
  watch: Watch = () => Promise.resolve(),
): Promise<{ size: Four; data: Float32Array }> {
  let below: Tensor | undefined;
  for (const [i, { early, transformer }] of levels.entries()) {
    const name = `${5 - i}`;
    let c: Tensor;
    {
      using raw = await correlations(i);
      c = await encode(ops, raw, early);
    }
    await watch(`early${name}`, c);
    if (below !== undefined) {
      using coarse: Tensor = below;
      using own = c;
      using enlarged = await resize4d(ops, coarse, own.shape.slice(2) as unknown as Four);
      c = await ops.groupNorm(enlarged, { add: own });
    }
    await watch(`c${name}_before_T${i}`, c);
    using before = c;
    using one = await transform(ops, networks, before, transformer, affinity.source[i]!);
    await watch(`T${i}_c${name}`, one);
    using sum = await ops.groupNorm(one, { add: before });
    using other = await transform(ops, networks, before, transformer, affinity.target[i]!, true);
    below = await ops.groupNorm(other, { add: sum });
    await watch(`c${name}`, below);
  }
  using finest = below!;
  return { size: finest.shape.slice(2) as unknown as Four, data: channelMean(await finest.read()) };
}

/** [4][n] -> [n] */
function channelMean(data: Float32Array): Float32Array {
  const n = data.length / CHANNELS, out = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let c = 0; c < CHANNELS; c++) sum += data[c * n + i]!;
    out[i] = sum / CHANNELS;
  }
  return out;
}
