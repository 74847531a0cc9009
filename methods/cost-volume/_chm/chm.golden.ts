import { vectorsOfEveryOps } from "../../../core/golden/every_ops.ts";
import type { GoldenCase } from "../../../core/golden/vectors.ts";
import { argmaxRow } from "../../../core/localize/rows.ts";
import { kernel4d, kernel6d, type KernelKind, scaleGroups } from "./kernel.ts";
import { bestScale, confidences, correlations, houghScales, houghSpace, type LearnerWeights } from "./learner.ts";
import { readOut, underGaussian } from "./transfer.ts";

/** Every stage of the official learner with its three kinds of kernel, and the transfer of points. */
export default vectorsOfEveryOps("chm", async (c, ops) => {
  const weights = weightsOf(c), side = c.config["side"] as number, channels = c.config["feat_dim"] as number;
  const map = (name: string) => ({ side, channels, data: c.input(name).data });
  const corr6d = await correlations(ops, { source: map("src_feat"), target: map("trg_feat") }, weights.reductions);
  const chm6d_out = await houghScales(ops, corr6d, side, weights);
  const scale_maxpool = bestScale(chm6d_out);
  const chm4d_out = await houghSpace(ops, scale_maxpool, side, weights);
  const learner_out = await confidences(ops, chm4d_out);

  // The recording multiplies by 40, so that the soft-max is not almost flat.
  const grid = 2 * side, cells = grid * grid, sharp = learner_out.map((value) => value * 40);
  const row = (values: Float32Array, i: number) => values.subarray(i * cells, (i + 1) * cells);
  return {
    corr6d,
    kernel6d: weights.kernel6d,
    kernel4d: weights.kernel4d,
    chm6d_out,
    scale_maxpool,
    chm4d_out,
    learner_out,
    gauss_conf_row0: [0, 1, 2].flatMap((i) => [...underGaussian(row(sharp, i), grid, 17)]),
    argmax_trg: Array.from({ length: cells }, (_, i) => argmaxRow(row(sharp, i))),
    prd_kps: predictions(c, sharp, grid),
    prd_kps_flat: predictions(c, learner_out, grid),
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

function weightsOf(c: GoldenCase): LearnerWeights {
  const kind = c.config["ktype"] as KernelKind, param = (name: string) => c.param(`learner.${name}`).data;
  const six = kind === "full"
    ? [param("chm6d.param")]
    : scaleGroups(kind).map((_, group) => param(`chm6d.param.${group}`));
  return {
    reductions: [0, 1, 2].map((scale) => param(`conv2ds.${scale}.weight`)),
    kernel6d: kernel6d(kind, six),
    bias6d: param("chm6d.bias")[0]!,
    kernel4d: kernel4d(kind, param("chm4d.weight")),
    bias4d: param("chm4d.bias")[0]!,
  };
}

/** Planes (2, N) in [-1, 1]; columns that hold no point are -2. */
function predictions(c: GoldenCase, confidence: Float32Array, side: number): Float64Array {
  const u = c.input("kps_u").data, all = u.length / 2, n = (c.config["n_pts"] as number[])[0]!;
  const size = c.config["img_size"] as number, half = size / 2;
  const points = Float64Array.from(
    { length: 2 * n },
    (_, i) => ((u[i % 2 * all + (i >> 1)]! * 0.5 + 0.5) * size - half) / half,
  );
  const moved = readOut(confidence, points, { side });
  return Float64Array.from(u, (_, i) => i % all < n ? moved[2 * (i % all) + (i < all ? 0 : 1)]! : -2);
}
