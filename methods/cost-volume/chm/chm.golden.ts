import { carriedPlanes, descriptorsOfInput, setOf, underGaussian } from "../../../core/consensus/golden.ts";
import { vectorsOfEveryOps } from "../../../core/golden/every_ops.ts";
import { argmaxRow } from "../../../core/localize/rows.ts";
import { shapeOf, takeLearner } from "./checkpoint.ts";
import { bestScale, confidences, correlations, houghScales, houghSpace } from "./learner.ts";
import { Pyramid } from "./pyramid.ts";

/** CHM's own numbers of the transfer. */
const RULE = { sigma: 17, reach: 0.1, floor: 0 };

/** Every stage of the official learner with its three kinds of kernel, and the transfer of points. */
export default vectorsOfEveryOps("chm", async (c, ops) => {
  const set = setOf(c), read = takeLearner(set, shapeOf(set, { kind: "psi", channels: 0 }));
  set.finish("CHM");
  const weights = read(), side = c.config["side"] as number;
  const pyramid = new Pyramid(weights.reductions);
  const source = await pyramid.describe(descriptorsOfInput(c, "src_feat"));
  const target = await pyramid.describe(descriptorsOfInput(c, "trg_feat"));
  await pyramid.close();
  const corr6d = await correlations(ops, { source, target }, side);
  const chm6d_out = await houghScales(ops, corr6d, side, weights);
  const scale_maxpool = bestScale(chm6d_out);
  const chm4d_out = await houghSpace(ops, scale_maxpool, side, weights);
  const learner_out = await confidences(ops, chm4d_out);

  // The recording multiplies by 40, so that the soft-max is not almost flat.
  const grid = 2 * side, cells = grid * grid, sharp = learner_out.map((value) => value * 40);
  const row = (i: number) => sharp.subarray(i * cells, (i + 1) * cells);
  const points = {
    u: c.input("kps_u").data,
    n: (c.config["n_pts"] as number[])[0]!,
    size: c.config["img_size"] as number,
    side: grid,
  };
  return {
    corr6d,
    kernel6d: weights.kernel6d,
    kernel4d: weights.kernel4d,
    chm6d_out,
    scale_maxpool,
    chm4d_out,
    learner_out,
    gauss_conf_row0: [0, 1, 2].flatMap((i) => [...underGaussian(row(i), grid, RULE.sigma)]),
    argmax_trg: Array.from({ length: cells }, (_, i) => argmaxRow(row(i))),
    prd_kps: await carriedPlanes(ops, sharp, points, RULE),
    prd_kps_flat: await carriedPlanes(ops, learner_out, points, RULE),
  };
}, {
  compare: {
    // Another cell is as good where the value there is as large as the recorded one's, within the volume's tolerance.
    argmax_trg: (got, want, c) => {
      const { abs } = c.json.tolerance.per_output!["learner_out"]!;
      const learner = c.recorded("learner_out").data as ArrayLike<number>, cells = want.length;
      let worst = 0;
      for (let i = 0; i < cells; i++) {
        const short = learner[i * cells + Number(want[i])]! - learner[i * cells + Number(got[i])]!;
        if (Number(got[i]) !== Number(want[i])) worst = Math.max(worst, short <= abs ? 0 : short);
      }
      return worst;
    },
  },
});
