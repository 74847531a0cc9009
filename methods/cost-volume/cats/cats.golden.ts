import { setOf } from "../../../core/consensus/golden.ts";
import { vectorsOfEveryOps } from "../../../core/golden/every_ops.ts";
import type { GoldenCase } from "../../../core/golden/vectors.ts";
import { runOnce, type Tensor, type Tensors } from "../../../core/graph/session.ts";
import { defaultSession } from "../../../core/graph/session_options.ts";
import { displacements, expectedPositions, normalisedPlanes } from "../../../core/hyper/field.ts";
import { catsGraph, takeCats } from "./network.ts";

/** CATs from the backbone's maps to its flow; the graph is the same for all, the read-out runs natively. */
export default vectorsOfEveryOps("cats", async (c, ops) => {
  const { feature_size: side, feature_proj_dim: projection, depth, num_heads: heads } = c.config;
  const channels: number[] = c.config["level_channels"], set = setOf(c);
  const weights = takeCats(set, channels, { side, projection, depth, heads });
  set.finish("CATs");
  const sizes = channels.map((count, i) => {
    const [, , rows, cols] = c.input(`src_${i}`).shape;
    return { rows: rows!, cols: cols!, channels: count };
  });
  const { g, values } = catsGraph({ source: sizes, target: sizes }, weights, "planes");
  const model = g.model({
    corr: values.correlation,
    src_proj: values.sourceFeatures,
    mutual: values.mutual,
    ...Object.fromEntries(values.firstBlocks.map((block, i) => [`pass1_block${i}`, block])),
    pass1_out: values.firstPass,
    refined_corr: values.mean,
  });
  const out: Record<string, number[]> = {};
  const put = (name: string, data: ArrayLike<number>) => {
    const all = out[name] ??= [];
    for (let i = 0; i < data.length; i++) all.push(data[i]!);
  };
  for (let item = 0; item < c.input("src_0").shape[0]!; item++) {
    const got = await runOnce(model, inputsOf(c, channels.length, item), defaultSession);
    for (const [name, { data }] of Object.entries(got)) put(name, data);
    const field = await expectedPositions(ops, {
      rows: side,
      cols: side,
      other: { rows: side, cols: side },
      data: turned(got["refined_corr"]!.data, side * side),
    });
    put("grid", normalisedPlanes(field));
    put("flow", planes(displacements(field)));
  }
  return out;
});

function inputsOf(c: GoldenCase, levels: number, item: number): Tensors {
  const inputs: Record<string, Tensor> = {};
  for (let i = 0; i < levels; i++) {
    for (const [name, stored] of [[`source${i}`, `src_${i}`], [`target${i}`, `trg_${i}`]] as const) {
      const { shape, data } = c.input(stored), size = data.length / shape[0]!;
      inputs[name] = { shape: [1, ...shape.slice(1)], data: data.slice(item * size, (item + 1) * size) };
    }
  }
  return inputs;
}

/** [n][n] transposed. */
function turned(data: Float32Array, n: number): Float32Array {
  return Float32Array.from(data, (_, i) => data[i % n * n + Math.floor(i / n)]!);
}

/** [n][2] -> [2][n] */
function planes(data: Float32Array): Float32Array {
  const n = data.length / 2;
  return Float32Array.from(data, (_, i) => data[i % n * 2 + Math.floor(i / n)]!);
}
