import { vectors } from "../../golden/vectors.ts";
import { Graph } from "../graph.ts";
import { runOnce } from "../session.ts";
import { defaultSession } from "../session_options.ts";
import { caseWeights, feed } from "../vit/_golden.ts";
import { type AutoencoderConfig, encodeLatent } from "./autoencoder.ts";

/** A tiny encoder, recorded from a separate statement of the network with torch's own operators. */
export default vectors("sd_autoencoder", async (c) => {
  const weights = caseWeights(c);
  const g = new Graph("sd_autoencoder");
  const image = c.input("image");
  const latent = encodeLatent(g, g.input("image", image.shape), weights, c.config as unknown as AutoencoderConfig);
  weights.finish("autoencoder");
  const outputs = await runOnce(g.model({ latent }), { image: feed(image) }, defaultSession);
  return { latent: outputs.latent!.data };
});
