import { divideGrid, identityFrame } from "../../../core/frame.ts";
import { type GoldenCase, vectors } from "../../../core/golden/vectors.ts";
import { toInterleaved } from "../../../core/image/colour.ts";
import { argmaxRow } from "../../../core/localize/rows.ts";
import type { CostVolume, FeatureMap } from "../../../core/types.ts";
import { byDistance } from "./distance.ts";
import { diffusionPyramid, fuse, type FusionOptions } from "./fusion.ts";

const SIZE = { width: 120, height: 120 };

/** Products of reduced descriptors, which no sign changes, and similarities of fused ones. */
export default vectors("sd_dino_copca_fusion", async (c) => {
  const options: FusionOptions = { dims: [c.config["dims"][0]], weights: { levels: [], sd: 1, dino: 1 } };
  const maps = { source: levels(c, 1), target: levels(c, 2) };
  const { source, target } = diffusionPyramid(maps, options);
  const parts = (i: 1 | 2, sd: FeatureMap[]) => ({
    sd,
    dino: mapOf("dino", 10, 18, toInterleaved(c.input(`dino${i}`).data, 18)),
  });
  const fused = fuse({ source: parts(1, maps.source), target: parts(2, maps.target) }, options);
  const volume = async (distance: string) => await (await byDistance(distance).match(fused) as CostVolume).dense();
  const cos = await volume("cosine");
  return {
    pca_gram12: products(source, target, 100),
    pca_gram11: products(source, source, 8),
    cos,
    l2: await volume("l2"),
    nn: Array.from({ length: 100 }, (_, i) => argmaxRow(cos.subarray(100 * i, 100 * (i + 1)))),
  };
});

function mapOf(name: string, side: number, channels: number, data: Float32Array): FeatureMap {
  return { name, channels, data, frame: identityFrame(SIZE), grid: divideGrid(SIZE, side, side, "half-pixel") };
}

/** Features of rank r: column j of A times 0.6^j, times B. */
function levels(c: GoldenCase, picture: 1 | 2): FeatureMap[] {
  return Object.entries(c.config["levels"] as Record<string, [number, number]>).map(([name, [channels, side]]) => {
    const rank = c.config["rank"] as number;
    const a = c.input(`${name}_A`).data, b = c.input(`${name}_B${picture}`).data;
    const cells = side * side;
    const data = new Float32Array(cells * channels);
    for (let cell = 0; cell < cells; cell++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let j = 0; j < rank; j++) sum += a[channel * rank + j]! * 0.6 ** j * b[j * cells + cell]!;
        data[cell * channels + channel] = sum;
      }
    }
    return mapOf(name, side, channels, data);
  });
}

/** Dot products of the first `rows` cells of one map with all of another. */
function products(a: FeatureMap, b: FeatureMap, rows: number): Float32Array {
  const { channels } = a;
  const cells = b.data.length / channels;
  const out = new Float32Array(rows * cells);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cells; j++) {
      let sum = 0;
      for (let e = 0; e < channels; e++) sum += a.data[i * channels + e]! * b.data[j * channels + e]!;
      out[i * cells + j] = sum;
    }
  }
  return out;
}
