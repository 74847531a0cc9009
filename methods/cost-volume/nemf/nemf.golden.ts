import { setOf } from "../../../core/consensus/golden.ts";
import { vectorsOfEveryOps } from "../../../core/golden/every_ops.ts";
import type { GoldenCase } from "../../../core/golden/vectors.ts";
import { runOnce } from "../../../core/graph/session.ts";
import { defaultSession } from "../../../core/graph/session_options.ts";
import type { Four, Ops } from "../../../core/hyper/separable.ts";
import { takeAggregator } from "../../../core/cats/aggregator.ts";
import { askCosts, costVolume, pairCosts } from "./costs.ts";
import { embed, takeEmbedding } from "./embedding.ts";
import { FieldNetwork, HARMONIC, harmonics } from "./field.ts";
import { projectedModel, takeScore } from "./network.ts";

/** NeMF's transposed embedding, its aggregator, and the score of pairs of positions. */
export default vectorsOfEveryOps("nemf", (c, ops) => {
  if (c.json.case === "aggregator") return aggregated(c);
  return c.json.case === "mlp_score" ? scored(c, ops) : embedded(c, ops);
});

async function aggregated(c: GoldenCase): Promise<Record<string, Float32Array>> {
  const { n: side, proj_dim: projection, levels, depth, heads } = c.config, set = setOf(c);
  const model = projectedModel(takeAggregator(set, "decoder", { side, projection, levels, depth, heads }));
  set.finish("NeMF's aggregator");
  const input = (name: string) => {
    const { shape, data } = c.input(name);
    return { shape: shape.slice(1), data: new Float32Array(data) };
  };
  const inputs = { correlation: input("corr"), source: input("src_proj"), target: input("trg_proj") };
  const { refined, mean } = await runOnce(model, inputs, defaultSession), size = side ** 4;
  const every4th = refined!.data.filter((_, i) => Math.floor(i / size) % 4 === 0);
  return { refined_every_4th_channel: every4th, mean: mean!.data };
}

async function embedded(c: GoldenCase, ops: Ops): Promise<Record<string, Float32Array>> {
  const set = setOf(c), embedding = takeEmbedding(set, "corr_embedder.3", 0.5);
  set.finish("NeMF's embedding");
  using x = await ops.tensor(c.input("corr").data, [1, 1, 8, 8, 8, 8]);
  let first = new Float32Array();
  const sizes = [16, 16, 16, 16] as const;
  using y = await embed(ops, x, embedding, async (middle) => {
    first = await middle.read();
  });
  const out = await y.read();
  return {
    layer0_sub: sampled(first, 4, sizes, [3, 2, 5, 4], [0, 0, 0, 1]),
    out_first2_sub: sampled(out, 2, sizes, [2, 2, 2, 2], [0, 0, 0, 0]),
    out_sub: sampled(out, 16, sizes, [5, 5, 5, 5], [0, 1, 2, 3]),
  };
}

/** Every step-th cell from an offset on, of the first channels. */
function sampled(data: Float32Array, channels: number, [I, J, K, L]: Four, step: Four, from: Four): Float32Array {
  const out: number[] = [];
  for (let c = 0; c < channels; c++) {
    for (let i = from[0]; i < I; i += step[0]) {
      for (let j = from[1]; j < J; j += step[1]) {
        for (let k = from[2]; k < K; k += step[2]) {
          for (let l = from[3]; l < L; l += step[3]) out.push(data[(((c * I + i) * J + j) * K + k) * L + l]!);
        }
      }
    }
  }
  return Float32Array.from(out);
}

async function scored(c: GoldenCase, ops: Ops): Promise<Record<string, Float32Array>> {
  const set = setOf(c), { cost, field } = takeScore(set);
  set.finish("NeMF's field");
  const cells = ([rows, cols]: readonly [number, number]) => ({ rows, cols });
  const source = cells(c.config["source_hw"]), target = cells(c.config["target_hw"]);
  const correlations = { refined: c.input("refined_corr").data, projected: c.input("projected_corr").data };
  const volume = await (await costVolume(ops, correlations, source, target, cost)).take();
  const sources = c.input("src_coord").data, targets = c.input("trg_coord").data, n = sources.length / 2;
  const asked = await askCosts(ops, volume, source, target, targets);
  const { costs } = pairCosts(asked, sources, Int32Array.from({ length: n }, (_, i) => i));
  const points = new Float32Array(n * 2 * HARMONIC), src = harmonics(sources), trg = harmonics(targets);
  for (let i = 0; i < n; i++) {
    points.set(src.subarray(i * HARMONIC, (i + 1) * HARMONIC), 2 * i * HARMONIC);
    points.set(trg.subarray(i * HARMONIC, (i + 1) * HARMONIC), (2 * i + 1) * HARMONIC);
  }
  const network = new FieldNetwork(field), score = await network.score(points, costs);
  await network.close();
  return {
    src_embedding: src,
    cost_embedding_first4: volume.subarray(0, volume.length / 16),
    score,
    probability: score.map((value) => 1 / (1 + Math.exp(-value))),
  };
}
