import { divideGrid, identityFrame } from "../../frame.ts";
import { vectorsOfEveryOps } from "../../golden/every_ops.ts";
import type { GoldenCase } from "../../golden/vectors.ts";
import { toInterleaved } from "../../image/colour.ts";
import { argmaxRow } from "../../localize/rows.ts";
import { houghConfidence, hyperpixelsOf } from "./matching.ts";
import { transferPoints } from "./transfer.ts";
import { marginal, staircase, transportCost, transportPlan, transportVotes } from "./transport.ts";

/** Masses, costs, plans after one and five iterations, votes, confidences and transferred points of the official code. */
export default vectorsOfEveryOps("scot", async (c, ops) => {
  const pixels = { source: pixelsOf(c, "src"), target: pixelsOf(c, "trg") };
  const weights = (side: string) => c.input(`${side}_mask`).data.map((value) => staircase(Math.fround(value + 0.5)));
  const src_weights = weights("src"), trg_weights = weights("trg");
  const masses = { source: marginal(src_weights), target: marginal(trg_weights) };
  const cost = await transportCost(ops, pixels), eps = c.config["eps"] as number;
  const plan_iter1 = await transportPlan(ops, cost, masses, { eps, iterations: 1 });
  const plan_iter5 = await transportPlan(ops, cost, masses, { eps, iterations: 5 });
  const votes = transportVotes(plan_iter1, 1);
  const conf = await houghConfidence(ops, votes, pixels);

  const n = c.config["N"] as number, [width, height] = c.config["src_size"] as [number, number];
  const u = c.input("kps_u").data;
  // Planes (2, N): all x, then all y.
  const kps = Float64Array.from(u, (value, i) => (value + 1) / 2 * ((i < n ? width : height) - 1));
  const points = Float64Array.from({ length: 2 * n }, (_, i) => kps[i % 2 * n + (i >> 1)]!);
  const moved = transferPoints(points, pixels.source.boxes, pixels.target.boxes, conf).xy;
  const targets = pixels.target.boxes.n;
  return {
    src_weights,
    trg_weights,
    cost,
    plan_iter1,
    plan_iter5,
    "votes_exp1.0": votes,
    "votes_exp0.5": transportVotes(plan_iter1, 0.5),
    conf,
    argmax: Array.from(
      { length: pixels.source.boxes.n },
      (_, i) => argmaxRow(conf.subarray(i * targets, (i + 1) * targets)),
    ),
    kps,
    pred: Array.from({ length: 2 * n }, (_, i) => moved[2 * (i % n) + (i < n ? 0 : 1)]!),
  };
});

function pixelsOf(c: GoldenCase, side: "src" | "trg") {
  const [width, height] = c.config[`${side}_size`] as [number, number], size = { width, height };
  const [channels, rows, cols] = c.config[`${side}_feat`] as [number, number, number];
  const data = toInterleaved(c.input(`${side}_feat`).data, channels);
  const map = {
    name: side,
    channels,
    data,
    frame: identityFrame(size),
    grid: divideGrid(size, rows, cols, "half-pixel"),
  };
  return hyperpixelsOf(map, { size: c.config["rf"] as number, jump: c.config["j"] as number }, false);
}
