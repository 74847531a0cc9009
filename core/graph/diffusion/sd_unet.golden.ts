import { vectors } from "../../golden/vectors.ts";
import { Graph, type Value } from "../graph.ts";
import { runOnce } from "../session.ts";
import { defaultSession } from "../session_options.ts";
import { caseWeights, feed } from "../vit/_golden.ts";
import { unet, type UnetConfig } from "./unet.ts";

/** Tiny U-Nets of both forms, recorded from a separate statement of the network with torch's own operators. */
export default vectors("sd_unet", async (c) => {
  const config = c.config as unknown as UnetConfig & { readonly step: number };
  const weights = caseWeights(c);
  const g = new Graph("sd_unet");
  const inputs = { latent: c.input("latent"), context: c.input("context") };
  const [latent, context] = Object.entries(inputs).map(([name, { shape }]) => g.input(name, shape)) as [Value, Value];
  const net = unet(g, latent, context, config.step, weights, config);
  weights.finish("U-Net");
  const named = (name: string, values: readonly Value[]) => values.map((value, i) => [`${name}${i}`, value] as const);
  const model = g.model({
    ...Object.fromEntries([...named("down", net.down), ...named("up", net.up), ...named("layer", net.upLayers.flat())]),
    middle: net.middle,
    output: net.output,
  });
  const outputs = await runOnce(model, { latent: feed(inputs.latent), context: feed(inputs.context) }, defaultSession);
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
});
