import { vectors } from "../../golden/vectors.ts";
import { Graph } from "../graph.ts";
import { gather } from "../ops/mod.ts";
import { runOnce } from "../session.ts";
import { defaultSession } from "../session_options.ts";
import { caseWeights, feed } from "../vit/_golden.ts";
import { resnet } from "./resnet.ts";

/** Some channels of the stem and of each stage, recorded with torch's own operators. */
export default vectors("fcn_resnet101_taps", async (c) => {
  const image = c.input("image");
  const weights = caseWeights(c);
  const g = new Graph("fcn-resnet101");
  const net = resnet(g, g.input("image", image.shape), weights, 101, 4, { deepStem: true, dilated: true });
  weights.finish("FCN-ResNet-101");
  const every: Record<string, number> = c.config.every;
  const taps = Object.entries(every).map(([name, step]) => {
    const x = name === "stem" ? net.stem : net.blocks.findLast(({ stage }) => name === `layer${stage}`)!.output;
    return [
      `${name}_every`,
      gather(g, x, 1, Array.from({ length: Math.ceil(x.shape[1]! / step) }, (_, i) => i * step)),
    ] as const;
  });
  const outputs = await runOnce(g.model(Object.fromEntries(taps)), { image: feed(image) }, defaultSession);
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
});
