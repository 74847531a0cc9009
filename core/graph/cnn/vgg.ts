import type { WeightSet } from "../../weights/set.ts";
import type { Graph, Value } from "../graph.ts";
import { maxPool, relu } from "../ops/mod.ts";
import { namedConv } from "./parts.ts";

/** Channels of VGG-16's convolutions, stage by stage. */
const STAGES = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]] as const;

/**
 * VGG-16 without its classifier (Simonyan and Zisserman, 2015), in torchvision's form.
 *
 * @returns `conv1_1` .. `conv5_3` after their ReLU, and `pool1` .. `pool5`; [n, channels, h / 2^k, w / 2^k]
 */
export function vgg16(g: Graph, image: Value, weights: WeightSet): Record<string, Value> {
  const taps: Record<string, Value> = {};
  let x = image;
  let index = 0;
  STAGES.forEach((stage, s) => {
    stage.forEach((channels, i) => {
      x = relu(g, namedConv(g, weights, `features.${index}`, x, channels, 3, { padding: 1, bias: true }));
      taps[`conv${s + 1}_${i + 1}`] = x;
      // torchvision counts the ReLU too.
      index += 2;
    });
    x = maxPool(g, x, 2);
    taps[`pool${s + 1}`] = x;
    index++;
  });
  return taps;
}
