import type { WeightSet } from "../../weights/set.ts";
import type { Graph, Value } from "../graph.ts";
import { add, clip, type ConvOptions } from "../ops/mod.ts";
import { namedBatchNorm, namedConv } from "./parts.ts";

/** Groups of inverted residuals: expansion, channels, repeats, stride of the first. */
const GROUPS = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/**
 * MobileNetV2, width 1.0 (Sandler et al., 2018), in torchvision's form.
 *
 * @returns by torchvision's index in `features`: `0` (stride 2, 32 channels), blocks `1` .. `17` (strides 2, 4, 4, 8, 8,
 * 8, 16 ..., 32 ...), `18` (1280 channels); `14_expand` is the 576-channel expansion inside block 14 at stride 16.
 */
export function mobilenetV2(g: Graph, image: Value, weights: WeightSet): Record<string, Value> {
  const layer = (
    at: string,
    conv: string,
    bn: string,
    x: Value,
    out: number,
    kernel: number,
    options: ConvOptions = {},
  ) => namedBatchNorm(g, weights, `${at}.${bn}`, namedConv(g, weights, `${at}.${conv}`, x, out, kernel, options));
  const relu6 = (x: Value) => clip(g, x, 0, 6);
  const taps: Record<string, Value> = {};
  let x = relu6(layer("features.0", "0", "1", image, 32, 3, { stride: 2, padding: 1 }));
  taps["0"] = x;
  let index = 1;
  for (const [expansion, channels, repeats, first] of GROUPS) {
    for (let i = 0; i < repeats; i++, index++) {
      const at = `features.${index}.conv`;
      const stride = i === 0 ? first : 1;
      const entered: Value = x;
      const hidden = entered.shape[1]! * expansion;
      let part = 0;
      let y = entered;
      if (expansion > 1) {
        y = relu6(layer(`${at}.${part++}`, "0", "1", y, hidden, 1));
        taps[`${index}_expand`] = y;
      }
      y = relu6(layer(`${at}.${part++}`, "0", "1", y, hidden, 3, { stride, padding: 1, groups: hidden }));
      y = layer(at, String(part), String(part + 1), y, channels, 1);
      x = stride === 1 && entered.shape[1] === channels ? add(g, entered, y) : y;
      taps[String(index)] = x;
    }
  }
  taps[String(index)] = relu6(layer(`features.${index}`, "0", "1", x, 1280, 1));
  return taps;
}
