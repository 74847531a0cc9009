import type { WeightSet } from "../../weights/set.ts";
import type { Graph, Value } from "../graph.ts";
import { concat, maxPool, relu } from "../ops/mod.ts";
import { namedConv } from "./parts.ts";

/** Index in torchvision's `features`, squeezed channels, channels of each expansion; null: max-pooling before. */
const FIRES = [
  [3, 16, 64],
  [4, 16, 64],
  null,
  [6, 32, 128],
  [7, 32, 128],
  null,
  [9, 48, 192],
  [10, 48, 192],
  [11, 64, 256],
  [12, 64, 256],
] as const;

/**
 * SqueezeNet 1.1 without its classifier (Iandola et al., 2016), in torchvision's form.
 *
 * @returns `conv1` (stride 2) and the fire modules `fire2` .. `fire9` (strides 4, 4, 8, 8, 16, ...)
 */
export function squeezenet(g: Graph, image: Value, weights: WeightSet): Record<string, Value> {
  const convolve = (name: string, x: Value, out: number, kernel: number, padding = 0) =>
    relu(g, namedConv(g, weights, name, x, out, kernel, { padding, bias: true }));
  const pool = (x: Value) => maxPool(g, x, 3, { stride: 2, ceil: true });
  const conv1 = relu(g, namedConv(g, weights, "features.0", image, 64, 3, { stride: 2, bias: true }));
  const taps: Record<string, Value> = { conv1 };
  let x = pool(conv1);
  let count = 2;
  for (const fire of FIRES) {
    if (fire === null) {
      x = pool(x);
      continue;
    }
    const [index, squeezed, expanded] = fire;
    const s = convolve(`features.${index}.squeeze`, x, squeezed, 1);
    const small = convolve(`features.${index}.expand1x1`, s, expanded, 1);
    const large = convolve(`features.${index}.expand3x3`, s, expanded, 3, 1);
    x = concat(g, [small, large], 1);
    taps[`fire${count++}`] = x;
  }
  return taps;
}
