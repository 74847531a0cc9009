import { vectors } from "../../golden/vectors.ts";
import { reshape, transpose } from "../ops/mod.ts";
import { caseConfig, planes, runVit } from "./_golden.ts";
import { official } from "./dialects.ts";

export default vectors("dinov1_survey", (c) => {
  const config = caseConfig(c, { patch: 16, eps: 1e-6, grid: 14, positions: "scale-offset-transposed" });
  const { dim, heads } = config;
  return runVit(c, official, config, [], (g, net) => {
    const block = net.blocks[c.config.layer]!;
    const [n, tokens] = block.key.shape as [number, number];
    // The survey's keys keep the head as the fastest part of the channel index.
    const parts = reshape(g, block.key, [n, tokens, heads, dim / heads]);
    const key = reshape(g, transpose(g, parts, [0, 1, 3, 2]), [n, tokens, dim]);
    return { embeddings: net.embeddings, token: planes(g, net, block.token), key: planes(g, net, key) };
  });
});
