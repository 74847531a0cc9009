import { vectors } from "../../golden/vectors.ts";
import { caseConfig, classToken, runVit } from "./_golden.ts";
import { dinov3 } from "./dialects.ts";
import { rotaryTables } from "./rotary.ts";

export default vectors("dinov3_transformers", async (c) => {
  const { H, W, dim, heads, gated } = c.config;
  const config = caseConfig(c, {
    patch: 16,
    eps: 1e-5,
    registers: 4,
    rotaryBase: 100,
    layerScale: true,
    keyBias: false,
    mlp: gated ? "swiglu" : "gelu",
  });
  const outputs = await runVit(c, dinov3, config, ["embeddings.mask_token"], (g, net) => {
    const final = net.norm(net.blocks.at(-1)!.token);
    return {
      embeddings: net.embeddings,
      hidden0: net.embeddings,
      ...Object.fromEntries(net.blocks.map(({ token }, i) => [`hidden${i + 1}`, token])),
      last_hidden_state: final,
      pooler_output: classToken(g, final),
    };
  });
  const { cos, sin } = rotaryTables(H / 16, W / 16, dim / heads, 100);
  return { ...outputs, rope_cos: cos, rope_sin: sin };
});
