import { vectors } from "../../golden/vectors.ts";
import { caseConfig, classToken, runVit } from "./_golden.ts";
import { clip } from "./dialects.ts";

export default vectors("clip_vit", (c) => {
  const config = caseConfig(c, {
    patch: 16,
    eps: 1e-5,
    grid: 14,
    positions: "size",
    gelu: "quick",
    preNorm: true,
    patchBias: false,
  });
  return runVit(c, clip, config, ["embeddings.position_ids"], (g, net) => {
    const last = net.blocks.at(-1)!.token;
    return {
      hidden0: net.embeddings,
      ...Object.fromEntries(net.blocks.map(({ token }, i) => [`hidden${i + 1}`, token])),
      last_hidden_state: last,
      pooler_output: classToken(g, net.norm(last)),
    };
  });
});
