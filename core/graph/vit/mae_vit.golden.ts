import { vectors } from "../../golden/vectors.ts";
import { caseConfig, runVit } from "./_golden.ts";
import { transformers } from "./dialects.ts";

export default vectors("mae_vit", (c) => {
  // The recording's words say 1e-6; its values, and the published facebook/vit-mae-* configurations, come from 1e-12.
  const config = caseConfig(c, { patch: 16, eps: 1e-12, grid: 14, positions: "size" });
  return runVit(c, transformers, config, [], (_, net) => ({
    hidden0: net.embeddings,
    ...Object.fromEntries(net.blocks.map(({ token }, i) => [`hidden${i + 1}`, token])),
    last_hidden_state: net.norm(net.blocks.at(-1)!.token),
  }));
});
