import { descriptorsOfInput, firstChannels, joined, officialMatches, setOf } from "../../../core/consensus/golden.ts";
import { takeStack } from "../../../core/consensus/layers.ts";
import { bestOfRows, blendMatches, nearestMatches, transposed } from "../../../core/consensus/matches.ts";
import { pooledCorrelation, unpackOffset } from "../../../core/consensus/relocalise.ts";
import {
  convolve,
  correlation,
  FEATURE_NORM,
  filtered,
  mutualMatching,
  type Ops,
  type Size4,
  type Volume,
} from "../../../core/consensus/volume.ts";
import { vectorsOfEveryOps } from "../../../core/golden/every_ops.ts";
import type { GoldenCase } from "../../../core/golden/vectors.ts";
import { toPlanes } from "../../../core/image/colour.ts";

/** NC-Net's stages one by one, its InLoc variant, and the transfer of points. */
export default vectorsOfEveryOps("ncnet", (c, ops) => {
  if (c.config["grid"] !== undefined) return pointTransfer(c);
  return c.config["relocalization_k_size"] === undefined ? consensus(c, ops) : relocalised(c, ops);
});

/** The checkpoint's own shapes decide: nothing is left to fall back on. */
const NONE = { kernels: [], channels: [] };

async function consensus(c: GoldenCase, ops: Ops) {
  const set = setOf(c);
  const layers = takeStack(set, "NeighConsensus.conv", NONE);
  set.finish("NC-Net");
  const items = [];
  for (let item = 0; item < c.input("feature_A").shape[0]!; item++) {
    const source = descriptorsOfInput(c, "feature_A", item), target = descriptorsOfInput(c, "feature_B", item);
    const normal = await ops.l2Normalize(
      { data: source.data, shape: [source.rows * source.cols, source.channels] },
      FEATURE_NORM,
    );
    const corr4d = await correlation(ops, { source, target });
    const mutual1 = await mutualMatching(ops, corr4d);
    // Layer by layer, so that each intermediate is computed once: the definition is slow.
    const forward = [mutual1];
    for (const layer of layers) forward.push(await convolve(ops, forward.at(-1)!, [layer], false));
    const symmetric = await convolve(ops, mutual1, layers);
    items.push({
      feature_A_norm: toPlanes(await normal.take(), source.channels),
      corr4d,
      mutual1,
      nc_layer0_forward_dir: firstChannels(forward[1]!, 4),
      nc_layer1_forward_dir: firstChannels(forward[2]!, 4),
      nc_non_symmetric: forward.at(-1)!,
      nc_symmetric: symmetric,
      mutual2: await mutualMatching(ops, symmetric),
    });
  }
  const first = items[0]!.mutual2;
  const [a, b] = cellsOf(first.size);
  const out: Record<string, ArrayLike<number>> = {
    ...officialMatches(first, { prefix: "BtoA_softmax_", direction: "BtoA", scale: "centered" }),
    ...officialMatches(first, { prefix: "AtoB_softmax_", direction: "AtoB", scale: "centered" }),
    BtoA_raw_score: bestOfRows(transposed(first.data, a, b), b, a, false).score,
    AtoB_raw_score: bestOfRows(first.data, a, b, false).score,
  };
  for (const name of Object.keys(items[0]!) as (keyof typeof items[0])[]) {
    out[name] = joined(items.map((item) => valuesOf(item[name])));
  }
  return out;
}

function valuesOf(output: Volume | Float32Array): Float32Array {
  return output instanceof Float32Array ? output : output.data;
}

function cellsOf([I, J, K, L]: Size4): [number, number] {
  return [I * J, K * L];
}

async function relocalised(c: GoldenCase, ops: Ops) {
  const set = setOf(c);
  const layers = takeStack(set, "NeighConsensus.conv", NONE);
  set.finish("NC-Net");
  const k = c.config["relocalization_k_size"] as number;
  const maps = { source: descriptorsOfInput(c, "feature_A"), target: descriptorsOfInput(c, "feature_B") };
  const pooled = await pooledCorrelation(ops, maps, k);
  const mutual2 = await filtered(ops, pooled, (volume) => convolve(ops, volume, layers));
  const offsets = [...pooled.offset].map((place) => unpackOffset(place, k));
  const delta = (axis: number) => offsets.map((offset) => offset[axis]!);
  return {
    pooled: pooled.data,
    delta_iA: delta(0),
    delta_jA: delta(1),
    delta_iB: delta(2),
    delta_jB: delta(3),
    mutual2: mutual2.data,
    ...officialMatches(mutual2, { prefix: "BtoA_", direction: "BtoA", scale: "positive", pooled }),
    ...officialMatches(mutual2, { prefix: "AtoB_", direction: "AtoB", scale: "positive", pooled }),
  };
}

function pointTransfer(c: GoldenCase) {
  const n = c.config["grid"] as number, m = n * n;
  // The official code asks for a match in A of every cell of B: its B is our source.
  const fromB = transposed(c.input("corr4d").data, m, m);
  const { index, score } = bestOfRows(fromB, m, m, true);
  const to = Float64Array.from(
    { length: 2 * m },
    (_, i) => i % 2 === 0 ? index[i >> 1]! % n : Math.floor(index[i >> 1]! / n),
  );
  const field = { rows: n, cols: n, to, score };
  const volume = { size: [n, n, n, n] as Size4, data: c.input("corr4d").data };
  const unit = (cell: number) => 2 * cell / (n - 1) - 1, cell = (unit: number) => (unit + 1) / 2 * (n - 1);
  const points = planesToCells(c.input("target_points_norm").data, cell);
  const [height, width] = c.config["target_im_size_hw"] as [number, number];
  const [sourceHeight, sourceWidth] = c.config["source_im_size_hw"] as [number, number];
  // One-based pixels: unit = (p - 1 - (L - 1) / 2) * 2 / (L - 1).
  const raw = c.input("target_points_unit").data, count = raw.length / 2;
  const units = raw.map((value, i) => {
    const side = i < count ? width : height;
    return ((value + 0.5) * side - 1 - (side - 1) / 2) * 2 / (side - 1);
  });
  const warped = cellsToPlanes(blendMatches(field, planesToCells(units, cell)).xy, unit).map((value, i) => {
    const side = i < count ? sourceWidth : sourceHeight;
    return value * (side - 1) / 2 + 1 + (side - 1) / 2;
  });
  return Promise.resolve({
    ...officialMatches(volume, { prefix: "", direction: "BtoA", scale: "centered" }),
    bilinear: cellsToPlanes(blendMatches(field, points).xy, unit),
    nearest: cellsToPlanes(nearestMatches(field, points).xy, unit),
    unit_coords: units,
    warped_pixels: warped,
  });
}

/** [2][n] in [-1, 1] -> cells. */
function planesToCells(values: Float32Array, cell: (unit: number) => number) {
  const n = values.length / 2;
  return { n, xy: Float64Array.from(values, (_, i) => cell(values[(i % 2) * n + (i >> 1)]!)) };
}

/** Cells -> [2][n] in [-1, 1]. */
function cellsToPlanes(xy: Float64Array, unit: (cell: number) => number): number[] {
  return [0, 1].flatMap((side) => [...xy].filter((_, i) => i % 2 === side).map(unit));
}
