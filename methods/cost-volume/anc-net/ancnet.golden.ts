import { descriptorsOfInput, firstChannels, officialMatches, setOf } from "../../../core/consensus/golden.ts";
import { convolve, correlation, filtered, mutualMatching } from "../../../core/consensus/volume.ts";
import { vectorsOfEveryOps } from "../../../core/golden/every_ops.ts";
import { toPlanes } from "../../../core/image/colour.ts";
import { averageStreams } from "./mod.ts";
import { adaptiveConsensus, takeStages, variantOf } from "./network.ts";
import { selfSimilarity, streamOf, takeSelfSimilarity } from "./self_similarity.ts";

/** ANC-Net's three networks and both self-similarity streams. */
export default vectorsOfEveryOps("ancnet", async (c, ops) => {
  const set = setOf(c);
  const stages = takeStages(set, variantOf(set, 1));
  const source = descriptorsOfInput(c, "feature_A"), target = descriptorsOfInput(c, "feature_B");
  const stream = takeSelfSimilarity(set, streamOf(set, 0), source.channels);
  set.finish("ANC-Net");
  const consensus = (volume: Parameters<typeof adaptiveConsensus>[1]) => adaptiveConsensus(ops, volume, stages);
  const corr = await correlation(ops, { source, target });
  const mutual1 = await mutualMatching(ops, corr);
  const nc = await consensus(mutual1);
  const stream1 = await mutualMatching(ops, nc);
  const out: Record<string, ArrayLike<number>> = { mutual1: mutual1.data, nc: nc.data, stream1: stream1.data };
  let final = stream1;
  if (stream !== undefined) {
    const pair = {
      source: await selfSimilarity(ops, source, stream),
      target: await selfSimilarity(ops, target, stream),
    };
    const corrS = await correlation(ops, pair, null);
    const stream2 = await filtered(ops, corrS, consensus);
    final = averageStreams(stream1, stream2);
    out["ss_A"] = toPlanes(pair.source.data, pair.source.channels);
    out["corr_s"] = corrS.data;
    out["stream2"] = stream2.data;
  }
  // Networks A and C begin with the narrow kernels, whose channels come first.
  if (c.config["noniso"] !== 2) {
    out["first_nonisotropic_branch_sym"] = firstChannels(await convolve(ops, mutual1, stages[0]!), 4);
  }
  return {
    ...out,
    final: final.data,
    ...officialMatches(final, { prefix: "match_", direction: "BtoA", scale: "centered" }),
  };
});
