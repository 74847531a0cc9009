import { setOf } from "../../../core/consensus/golden.ts";
import { divideGrid } from "../../../core/frame.ts";
import { vectorsOfEveryOps } from "../../../core/golden/every_ops.ts";
import type { GoldenCase } from "../../../core/golden/vectors.ts";
import { Graph } from "../../../core/graph/graph.ts";
import { add, transpose } from "../../../core/graph/ops/mod.ts";
import { runOnce } from "../../../core/graph/session.ts";
import { defaultSession } from "../../../core/graph/session_options.ts";
import { displacements } from "../../../core/hyper/field.ts";
import type { Four, Ops } from "../../../core/hyper/separable.ts";
import { toInterleaved, toPlanes } from "../../../core/image/colour.ts";
import { encoded, type Features, positionsOf, transformerInputs } from "./network.ts";
import { takeVat, takeVolumeTransformer } from "./parameters.ts";
import { swinBlocks } from "./swin.ts";
import { embedding, transformerModel } from "./transformer.ts";

/** VAT's encoders, 4-D and 2-D transformers, decoder and field; and its 4-D transformer alone. */
export default vectorsOfEveryOps(
  "vat",
  (c, ops) => c.config["corr_sizes"] === undefined ? swin4d(c) : pipeline(c, ops),
);

async function pipeline(c: GoldenCase, ops: Ops) {
  const set = setOf(c);
  const parameters = takeVat(set, "", {
    volumes: c.config["corr_sizes"] as Four[],
    window4d: c.config["window4d"],
    window2d: c.config["window2d"],
    layers: c.config["inch"],
  });
  set.finish("VAT");
  const volumes: Float32Array[] = [];
  for (const [s, blocks] of parameters.encoders.entries()) {
    const { data, shape } = c.input(`corr_conv${5 - s}`);
    // The recording's inputs are correlations before negative ones become 0.
    const stack = await ops.tensor(data.map((value) => Math.max(value, 0)), shape);
    volumes.push(await (await encoded(ops, stack, blocks)).take());
  }
  const [enc5, enc4, enc3] = volumes.map((data) => data.slice()) as [Float32Array, Float32Array, Float32Array];
  const features = [5, 4, 3].map((stage): Features => {
    const { data, shape } = c.input(`query_feat${stage}`);
    const [, channels, rows, cols] = shape as [number, number, number, number];
    return {
      channels,
      data: toInterleaved(data, channels),
      grid: divideGrid({ width: cols, height: rows }, rows, cols, "half-pixel"),
    };
  });
  const sizes = features.map(({ grid }) => [grid.rows, grid.cols] as const);
  const model = transformerModel(parameters, sizes, (g, { swin, volumes, mean, decoded, grid }) => {
    const planes = { swin0_of_enc5: swin[0]!, c5: volumes[0]!, c4: volumes[1]!, mean };
    return {
      ...Object.fromEntries(Object.entries(planes).map(([name, x]) => [name, transpose(g, x, [1, 0])])),
      ...Object.fromEntries(decoded.map((x, s) => [`decoder${s}`, transpose(g, x, [1, 0])])),
      grid,
    };
  });
  const out = await runOnce(model, transformerInputs(volumes, features), defaultSession);
  const data = Object.fromEntries(Object.entries(out).map(([name, tensor]) => [name, tensor.data]));
  const [, , rows, cols] = out["grid"]!.shape as [number, number, number, number];
  const flow = displacements(positionsOf(out["grid"]!.data, rows, cols));
  return {
    ...data,
    enc5,
    enc4_first16: enc4.subarray(0, enc4.length / 8),
    enc3_first8: enc3.subarray(0, enc3.length / 16),
    c4_first16: data["c4"]!.subarray(0, data["c4"]!.length / 8),
    flow: toPlanes(flow, 2),
  };
}

/** One transformer by itself; no part of it runs natively. */
async function swin4d(c: GoldenCase) {
  const set = setOf(c);
  const { corr_size: sizes, embed_dim: channels, depth, heads, window } = c.config;
  const form = { sizes: sizes as number[], channels, heads, window };
  const transformer = takeVolumeTransformer(set, "transformer", form, depth);
  set.finish("a 4-D transformer");
  const g = new Graph("swin4d");
  const cells = form.sizes.reduce((product, side) => product * side, 1);
  const x = transpose(g, g.input("x", [channels, cells]), [1, 0]);
  const blocks = swinBlocks(g, add(g, x, embedding(g, transformer)), transformer.blocks, form);
  const model = g.model({
    ...Object.fromEntries(blocks.map((value, k) => [`tokens_after_block${k}`, value])),
    out: transpose(g, blocks.at(-1)!, [1, 0]),
  });
  const out = await runOnce(
    model,
    { x: { shape: [channels, cells], data: new Float32Array(c.input("x").data) } },
    defaultSession,
  );
  return Object.fromEntries(Object.entries(out).map(([name, { data }]) => [name, data]));
}
