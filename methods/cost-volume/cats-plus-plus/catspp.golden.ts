import { setOf } from "../../../core/consensus/golden.ts";
import { vectorsOfEveryOps } from "../../../core/golden/every_ops.ts";
import type { GoldenCase } from "../../../core/golden/vectors.ts";
import { runOnce, type Tensor as GraphTensor } from "../../../core/graph/session.ts";
import { defaultSession } from "../../../core/graph/session_options.ts";
import { correlationStack, type Layer } from "../../../core/hyper/correlation.ts";
import { displacements, expectedPositions, normalisedPlanes } from "../../../core/hyper/field.ts";
import { OpenNetworks } from "../../../core/hyper/network.ts";
import { type Four, type Ops, resize4d, separable, takeEncoderBlock } from "../../../core/hyper/separable.ts";
import { toInterleaved, toPlanes } from "../../../core/image/colour.ts";
import { affinityModel, LEVELS, refine, takeLevels } from "./network.ts";

/** CATs++'s correlation stack, its encoder block, and the pipeline on a quarter of the official sizes. */
export default vectorsOfEveryOps("catspp", (c, ops) => {
  if (c.config["stack_ids"] !== undefined) return hypercorrelation(c, ops);
  return c.config["kernel"] === undefined ? pipeline(c, ops) : encoder(c, ops);
});

async function hypercorrelation(c: GoldenCase, ops: Ops): Promise<Record<string, Float32Array>> {
  const [two, five, seven] = c.config["stack_ids"] as [number, number, number];
  const layer = (name: string): Layer => {
    const { shape: [, channels, rows, cols], data } = c.input(name);
    const grid = { rows: rows!, cols: cols! } as Layer["grid"];
    return { name, channels: channels!, grid, data: toInterleaved(data, channels!) };
  };
  const stack = async (from: number, to: number) => {
    const ids = Array.from({ length: to - from }, (_, i) => seven - to + i);
    const maps = { first: ids.map((i) => layer(`query${i}`)), last: ids.map((i) => layer(`support${i}`)) };
    return await (await correlationStack(ops, maps)).take();
  };
  return { level4: await stack(0, two), level3: await stack(two, five), level2: await stack(five, seven) };
}

async function encoder(c: GoldenCase, ops: Ops): Promise<Record<string, Float32Array>> {
  const { cin: inputs, cout: outputs, kernel, stride, groups } = c.config, set = setOf(c);
  const block = takeEncoderBlock(set, "conv4d.0", { inputs, outputs, kernel, stride, groups });
  set.finish("the encoder");
  using x = await ops.tensor(c.input("x").data, c.input("x").shape);
  using conv4d = await separable(ops, x, block.conv);
  const groupnorm = await (await ops.groupNorm(conv4d, { norm: block.norm })).take();
  const relu = await (await ops.groupNorm(conv4d, { norm: block.norm, activation: "relu" })).take();
  const shape = [1, ...conv4d.shape.slice(1)], size = relu.length / 2, parts = [];
  for (let item = 0; item < 2; item++) {
    using one = await ops.tensor(relu.subarray(item * size, (item + 1) * size), shape);
    parts.push(...await (await resize4d(ops, one, [7, 6, 5, 8])).take());
  }
  return { conv4d: await conv4d.read(), groupnorm, relu, interpolate4d: Float32Array.from(parts) };
}

async function pipeline(c: GoldenCase, ops: Ops): Promise<Record<string, Float32Array>> {
  const set = setOf(c), levels = takeLevels(set, c.config["sizes_c5_c4_c3"]);
  set.finish("CATs++");
  const affinity = { source: await affinityOf(c, "source", levels), target: await affinityOf(c, "target", levels) };
  const out: Record<string, Float32Array> = { source_affinity5: toPlanes(affinity.source[0]!, 128) };
  const correlations = async (i: number) => {
    const { data, shape } = c.input(`corr_conv${5 - i}`);
    return await ops.tensor(data.map((value) => Math.max(0, value)), shape);
  };
  const networks = new OpenNetworks(2 * LEVELS.length);
  const { size: [rows, cols, otherRows, otherCols], data } = await refine(
    ops,
    networks,
    correlations,
    levels,
    affinity,
    async (name, x) => {
      out[name] = await x.read();
    },
  );
  await networks.close();
  const field = await expectedPositions(ops, { rows, cols, other: { rows: otherRows, cols: otherCols }, data });
  const flow = toPlanes(displacements(field), 2);
  return { ...out, c3_mean: data, grid: normalisedPlanes(field), flow };
}

async function affinityOf(c: GoldenCase, picture: string, levels: ReturnType<typeof takeLevels>) {
  const sizes: (readonly [number, number])[] = [], inputs: Record<string, GraphTensor> = {};
  LEVELS.forEach(({ features }, i) => {
    const { shape, data } = c.input(`${picture}_feat${5 - i}`), [, , rows, cols] = shape as unknown as Four;
    sizes.push([rows, cols]);
    inputs[`level${i}`] = { shape: [1, rows, cols, features], data: new Float32Array(toInterleaved(data, features)) };
  });
  const got = await runOnce(affinityModel(sizes, levels), inputs, defaultSession);
  return levels.map((_, i) => got[`affinity${i}`]!.data);
}
