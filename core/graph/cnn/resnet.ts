/**
 * ResNet-50 and ResNet-101 (He et al., 2016) in torchvision's form: "v1.5", the stride lies in the 3x3 convolution. The
 * dilated form with a deep stem is that of networks for segmentation (Yu et al., 2017), by PyTorch-Encoding's names.
 *
 * @module
 */
import type { WeightSet } from "../../weights/set.ts";
import type { Graph, Value } from "../graph.ts";
import { add, maxPool, relu } from "../ops/mod.ts";
import { SECOND } from "./grouped.ts";
import { namedBatchNorm, namedConv } from "./parts.ts";

/** Bottlenecks per stage. */
export const RESNET_BLOCKS = { 50: [3, 4, 6, 3], 101: [3, 4, 23, 3] } as const;

/** One bottleneck's sum of branch and shortcut. */
export interface ResnetBlock {
  /** Before the ReLU: what HPF and DHPF read. */
  readonly sum: Value;
  /** After the ReLU: what the next bottleneck reads. */
  readonly output: Value;
  /** 1..4. */
  readonly stage: number;
}

/** A ResNet in a graph; only what leads to an output becomes part of the model. */
export interface Resnet {
  /** After the first max-pooling: layer 0 of HPF. [n, 64, h / 4, w / 4] */
  readonly stem: Value;
  /** Bottlenecks in order; entry k - 1 is layer k of HPF. */
  readonly blocks: readonly ResnetBlock[];
}

/** How a ResNet differs from torchvision's. */
export interface ResnetForm {
  /** Three 3x3 convolutions of 64, 64 and 128 channels instead of one 7x7 of 64 (`conv1.0` to `conv1.6`). */
  readonly deepStem?: boolean;
  /** Stages 3 and 4 keep the stride of stage 2: their 3x3 convolutions have holes of 2 and 4 instead. */
  readonly dilated?: boolean;
}

/** Builds the network for pictures [n, 3, h, w]; takes every parameter up to the last stage, under a prefix. */
export function resnet(
  g: Graph,
  image: Value,
  weights: WeightSet,
  depth: keyof typeof RESNET_BLOCKS,
  stages = 4,
  form: ResnetForm = {},
  prefix = "",
): Resnet {
  const first = form.deepStem
    ? deepStem(g, weights, image, prefix)
    : namedConv(g, weights, `${prefix}conv1`, image, 64, 7, { stride: 2, padding: 3 });
  const stem = maxPool(g, relu(g, namedBatchNorm(g, weights, `${prefix}bn1`, first)), 3, { stride: 2, padding: 1 });
  const blocks: ResnetBlock[] = [];
  let x = stem;
  for (let stage = 1; stage <= stages; stage++) {
    const width = 32 * 2 ** stage;
    for (let i = 0; i < RESNET_BLOCKS[depth][stage - 1]!; i++) {
      const steps = form.dilated && stage > 2 ? holes(stage, i) : { stride: i === 0 && stage > 1 ? 2 : 1, dilation: 1 };
      const sum = bottleneck(g, weights, `${prefix}layer${stage}.${i}`, x, width, steps, i === 0);
      x = relu(g, sum);
      blocks.push({ sum, output: x, stage });
    }
  }
  return { stem, blocks };
}

/** The 3x3 convolution of a bottleneck. */
interface Steps {
  readonly stride: number;
  readonly dilation: number;
}

/** A dilated stage: its first bottleneck still sees the grid of the stage before, the others what the stride left out. */
function holes(stage: number, i: number): Steps {
  const dilation = 2 ** (stage - 2);
  return { stride: 1, dilation: i === 0 ? dilation / 2 : dilation };
}

function deepStem(g: Graph, weights: WeightSet, image: Value, prefix: string): Value {
  let x = image;
  for (const [i, stride] of [[0, 2], [3, 1]] as const) {
    x = namedConv(g, weights, `${prefix}conv1.${i}`, x, 64, 3, { stride, padding: 1 });
    x = relu(g, namedBatchNorm(g, weights, `${prefix}conv1.${i + 1}`, x));
  }
  return namedConv(g, weights, `${prefix}conv1.6`, x, 128, 3, { padding: 1 });
}

function bottleneck(
  g: Graph,
  weights: WeightSet,
  name: string,
  x: Value,
  width: number,
  { stride, dilation }: Steps,
  project: boolean,
): Value {
  const layer = (i: number, from: Value, out: number, kernel: number, options = {}) =>
    namedBatchNorm(g, weights, `${name}.bn${i}`, namedConv(g, weights, `${name}.conv${i}`, from, out, kernel, options));
  let y = relu(g, layer(1, x, width, 1));
  y = relu(g, layer(2, y, width, 3, { stride, padding: dilation, dilation }));
  y = layer(3, y, 4 * width, 1);
  if (!project) return add(g, y, x);
  const shortcut = namedConv(g, weights, `${name}.downsample.0`, x, 4 * width, 1, { stride });
  return add(g, y, namedBatchNorm(g, weights, `${name}.downsample.1`, shortcut));
}

/**
 * Maps of a ResNet by name: `0` the stem after its pooling, `k` bottleneck k after its ReLU, `k.sum` before it (what HPF
 * and DHPF read), `layer1` .. `layer4` the last bottleneck of each stage. Stages that the checkpoint lacks are not built:
 * matchers store no more than they use. Where it holds a second network, for the targets of pairs, that one's maps have
 * the same names after `second.`.
 */
export function resnetMaps(depth: keyof typeof RESNET_BLOCKS, form: ResnetForm = {}) {
  return (g: Graph, image: Value, weights: WeightSet): Record<string, Value> => {
    let stages = 4;
    while (stages > 1 && !weights.has(`layer${stages}.0.conv1.weight`)) stages--;
    const maps: Record<string, Value> = {};
    // Random weights have every name: only a file has a second network.
    const prefixes = weights.tensors.has(`${SECOND}conv1.weight`) ? ["", SECOND] : [""];
    for (const prefix of prefixes) {
      const { stem, blocks } = resnet(g, image, weights, depth, stages, form, prefix);
      maps[`${prefix}0`] = stem;
      blocks.forEach(({ sum, output, stage }, i) => {
        maps[`${prefix}${i + 1}`] = output;
        maps[`${prefix}${i + 1}.sum`] = sum;
        maps[`${prefix}layer${stage}`] = output;
      });
    }
    return maps;
  };
}
