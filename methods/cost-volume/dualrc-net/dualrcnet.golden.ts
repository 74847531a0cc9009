import { descriptorsOfInput, firstChannels, setOf } from "../../../core/consensus/golden.ts";
import { takeStack } from "../../../core/consensus/layers.ts";
import { convolve, correlation, mutualMatching, normalised } from "../../../core/consensus/volume.ts";
import { vectorsOfEveryOps } from "../../../core/golden/every_ops.ts";
import { toPlanes } from "../../../core/image/colour.ts";
import { promisingCells, roundTrip } from "./matching.ts";
import { Neck, takeNeck } from "./neck.ts";

/** DualRC-Net's neck, coarse volume, and matches there and back. */
export default vectorsOfEveryOps("dualrcnet", async (c, ops) => {
  const set = setOf(c);
  const layers = takeStack(set, "NeighConsensus.conv", { kernels: [], channels: [] });
  const neck = new Neck(ops, takeNeck(set));
  set.finish("DualRC-Net");
  const stages = (picture: string) => [2, 3, 4].map((i) => descriptorsOfInput(c, `c${i}_${picture}`));
  const [a, b] = [stages("A"), stages("B")];
  const fine = { source: await neck.describe(a), target: await neck.describe(b) };
  await neck.close();
  const mutual1 = await mutualMatching(ops, await correlation(ops, { source: a[2]!, target: b[2]! }));
  const nc = await convolve(ops, mutual1, layers);
  const coarse = await mutualMatching(ops, nc);
  const queries = promisingCells(coarse);
  const view = {
    coarse,
    fine: { source: await normalised(ops, fine.source), target: await normalised(ops, fine.target) },
  };
  const { there, back, kept } = await roundTrip(ops, view, queries);
  // The official code speaks of pixels: four per fine cell.
  const pixels = (xy: Float64Array) => xy.map((value) => value * 4);
  return {
    fine_A_first32: toPlanes(fine.source.data, fine.source.channels).subarray(
      0,
      32 * fine.source.rows * fine.source.cols,
    ),
    mutual1: firstChannels(mutual1, 1),
    nc: nc.data,
    corr4d: coarse.data,
    query: pixels(queries.xy),
    match_A_to_B: pixels(there.xy),
    score_A_to_B: there.score,
    back_B_to_A: pixels(back.xy),
    score_B_to_A: back.score,
    mutual_keep: kept,
    mutual_score: there.score.map((value, i) => (value + back.score[i]!) * kept[i]!),
  };
});
