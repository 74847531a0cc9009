import { divideGrid, stretchFrame, toPoints } from "../frame.ts";
import type { GoldenCase } from "../golden/vectors.ts";
import { vectors } from "../golden/vectors.ts";
import { toInterleaved } from "../image/colour.ts";
import { cosine } from "../match/cosine.ts";
import { sampleMap } from "../match/sample.ts";
import type { Cells, CostVolume, FeatureMap, Localizer } from "../types.ts";
import { bilinear } from "./bilinear.ts";
import { kernelSoftArgmax } from "./kernel_soft_argmax.ts";
import { nearest } from "./nearest.ts";
import { argmaxRow } from "./rows.ts";
import { softArgmax } from "./soft_argmax.ts";

/** The survey's localizers, its query sampling and its ways back to the picture. */
export default vectors("localizers", async (c) => {
  const out: Record<string, Float32Array> = {};
  const put = (name: string, batch: number, values: ArrayLike<number>) => {
    const all = out[name] ??= new Float32Array(values.length * c.config["B"]);
    all.set(values, batch * values.length);
  };
  for (let b = 0; b < c.config["B"]; b++) {
    const maps = { source: mapOf(c, "src_feat", b, "h1", "w1"), target: mapOf(c, "trg_feat", b, "h2", "w2") };
    const queries = queriesOf(c, b);
    put("query", b, queries.xy);
    put("query_feat", b, sampleMap(maps.source, queries));
    const volume = await cosine().match(maps) as CostVolume;
    const similarity = await volume.sample(queries);
    put("sim", b, similarity);
    const locate = async (name: string, localizer: Localizer) => {
      const cells = await localizer.localize(volume, queries);
      put(name, b, cells.xy);
      return cells;
    };

    const cells = await locate("nn", nearest.build());
    await locate("bilinear", bilinear.build());
    for (const temperature of c.config["temps"] as number[]) {
      await locate(`softargmax_t${temperature}`, softArgmax.build({ temperature }));
      for (const sigma of c.config["sigmas"] as number[]) {
        const kernel = kernelSoftArgmax.build({ temperature, sigma });
        await locate(`kernel_softargmax_t${temperature}_s${sigma}`, kernel);
      }
    }

    put("nn_no_l2", b, bestCells(dotRows(maps.target, sampleMap(maps.source, queries), queries.n), maps.target));
    put("kernel_sim_sigma7", b, timesKernel(similarity, maps.target.grid.rows, maps.target.grid.cols, 7));

    const size = { width: c.config["W2"], height: c.config["H2"] };
    for (const [name, rule] of [["nn_in_image", "align-corners"], ["nn_in_image_center", "half-pixel"]] as const) {
      const grid = divideGrid(size, maps.target.grid.rows, maps.target.grid.cols, rule);
      put(name, b, toPoints(cells, { frame: stretchFrame(size, size, "half-pixel"), grid }).xy);
    }
  }
  return out;
});

function mapOf(c: GoldenCase, name: string, batch: number, rowsKey: string, colsKey: string): FeatureMap {
  const [rows, cols, channels] = [c.config[rowsKey], c.config[colsKey], c.config["C"]] as [number, number, number];
  const values = rows * cols * channels;
  const size = { width: cols, height: rows };
  return {
    name,
    channels,
    data: toInterleaved(c.input(name).data.subarray(batch * values, (batch + 1) * values), channels),
    frame: stretchFrame(size, size, "align-corners"),
    grid: divideGrid(size, rows, cols, "align-corners"),
  };
}

function queriesOf(c: GoldenCase, batch: number): Cells {
  const n = c.config["N"] as number;
  const u = c.input("query_u").data.subarray(batch * n * 2, (batch + 1) * n * 2);
  const last = [c.config["w1"] - 1, c.config["h1"] - 1];
  const xy = Float64Array.from(u, (v, i) => (v + 1) / 2 * last[i % 2]!);
  xy.set([0, 0, ...last]);
  return { n, xy };
}

/** Plain dot products, without any norm. @returns [n][rows][cols] */
function dotRows({ data, channels }: FeatureMap, queries: Float32Array, n: number): Float32Array {
  const cells = data.length / channels;
  const rows = new Float32Array(n * cells);
  for (let i = 0; i < rows.length; i++) {
    const q = Math.floor(i / cells) * channels;
    const k = (i % cells) * channels;
    for (let e = 0; e < channels; e++) rows[i] = rows[i]! + queries[q + e]! * data[k + e]!;
  }
  return rows;
}

function bestCells(similarity: Float32Array, { grid: { rows, cols } }: FeatureMap): number[] {
  const cells = rows * cols;
  return Array.from({ length: similarity.length / cells }, (_, i) => {
    const best = argmaxRow(similarity.subarray(i * cells, (i + 1) * cells));
    return [best % cols, Math.floor(best / cols)];
  }).flat();
}

function timesKernel(similarity: Float32Array, rows: number, cols: number, sigma: number): Float32Array {
  const cells = rows * cols;
  return similarity.map((value, i) => {
    const start = i - (i % cells);
    const best = argmaxRow(similarity.subarray(start, start + cells));
    const dx = (i - start) % cols - best % cols;
    const dy = Math.floor((i - start) / cols) - Math.floor(best / cols);
    return value * Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
  });
}
