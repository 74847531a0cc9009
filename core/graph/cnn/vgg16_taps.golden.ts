import { vectors } from "../../golden/vectors.ts";
import { Graph } from "../graph.ts";
import { gather } from "../ops/mod.ts";
import { runOnce } from "../session.ts";
import { defaultSession } from "../session_options.ts";
import { caseWeights, feed } from "../vit/_golden.ts";
import { vgg16 } from "./vgg.ts";

/** Some channels of seven layers, recorded with torch's own operators. */
export default vectors("vgg16_taps", async (c) => {
  const image = c.input("image");
  const weights = caseWeights(c);
  const g = new Graph("vgg16");
  const maps = vgg16(g, g.input("image", image.shape), weights);
  weights.finish("VGG-16");
  const every: number = c.config.every;
  const taps = c.json.outputs.map(({ name, shape }) => {
    const channels = Array.from({ length: shape[1]! }, (_, i) => i * every);
    return [name, gather(g, maps[name.replace("_every", "")]!, 1, channels)] as const;
  });
  const outputs = await runOnce(g.model(Object.fromEntries(taps)), { image: feed(image) }, defaultSession);
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
});
