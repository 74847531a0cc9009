/**
 * PMNC: PatchMatch decides which pairs of cells are looked at, and a learned 4-D scoring function says how well the
 * neighbourhoods of the two agree (Lee, DeGol, Fragoso and Sinha, CVPR 2021).
 *
 * From the paper's abstract and the beginning of its introduction, and from the abstract and summary of the authors' patent
 * of it (US 12,154,312), alone: the rest was not at hand, and the public repository holds an empty README. These fix that
 * features of both pictures give a map of similarities; that an initial map of correspondences is refined by PatchMatch;
 * that for each source cell several candidates are looked at, the 4-D patch of similarities around each going through a
 * trained scoring function, and the best score wins; that features and scoring function are trained together by sparse key
 * points with a cross-entropy. Ours are: layer3 of ResNet-101 at NC-Net's 400 pixels, made twice as fine; a scoring
 * function of two 4-D convolutions (3, 3; channels 16, 1; NC-Net's smaller form) with its mirror image for the swapped
 * pictures; the best similarity as first match; four neighbours and windows that halve; five rounds. No checkpoint exists.
 *
 * The score is the value that the whole 4-D network would have at a pair (`ffi/reference/conv4d_at.ts`), computed natively
 * from the 5 x 5 x 5 x 5 similarities it depends on. Measured on two AVX-512 cores of a quiet machine, maps of 1024 channels
 * given, random ones, so that hardly any candidate repeats another (best of several; the process's peak memory), beside the
 * same network run over the whole volume, which is what NC-Net does:
 *
 * | cells   | scores at candidates | the whole volume  |
 * | ------- | -------------------- | ----------------- |
 * | 25 x 25 | 79 ms, 174 MiB       | 66 ms, 233 MiB    |
 * | 50 x 50 | 436 ms, 248 MiB      | 1142 ms, 814 MiB  |
 * | 75 x 75 | 1409 ms, 390 MiB     | 7106 ms, 3102 MiB |
 *
 * From the backbone's 25 x 25 map to the matches of ten points it takes 502 ms at 400 pixels.
 *
 * @module
 */
import { bestCellsMethod } from "../../../core/consensus/best_cells_method.ts";
import { takeStack } from "../../../core/consensus/layers.ts";
import { transferOptions } from "../../../core/consensus/options.ts";
import { descriptorsOf, FEATURE_NORM, type Ops } from "../../../core/consensus/volume.ts";
import type { Conv4dLayer, Size4 } from "../../../core/consensus/volume.ts";
import { finerGrid, resampleMap } from "../../../core/fuse/resample.ts";
import { option } from "../../../core/option.ts";
import type { FeatureMap, MethodPlugin, OptionValue, Pair } from "../../../core/types.ts";
import { checkLearnedWeights, learnedWeights, trunkOptions, weightOptions } from "../../../core/weights/learned.ts";
import { patchMatch, randomStart, type SearchOptions } from "./search.ts";

const defaults = {
  ...weightOptions,
  kernels: option([3, 3] as readonly OptionValue[], "kernel side per layer; read for weights=random only"),
  channels: option([16, 1] as readonly OptionValue[], "channels per layer; read for weights=random only"),
  finer: option(2, "cells of the matched maps per cell of the backbone's, along each side", {
    integer: true,
    min: 1,
    max: 8,
  }),
  start: option("nearest", "first matches: the most similar cell, or a random one", { choices: ["nearest", "random"] }),
  rounds: option(5, "of PatchMatch", { integer: true, min: 0, max: 1000 }),
  radius: option(8, "half a side of the first window around a match that is searched at random, in cells", {
    integer: true,
    min: 0,
  }),
  seed: option(0, "of the random numbers", { integer: true, min: 0 }),
  ...transferOptions,
  readout: option(
    "bilinear",
    "how a point finds its match: bilinear blends the matches of the four cells around it, nearest takes the nearest " +
      "cell's; there is no volume for a localizer to read",
    { choices: ["bilinear", "nearest"] },
  ),
};

export default {
  defaults,
  backboneOptions: (options, backbone) => trunkOptions(options, backbone, "resnet101", "pmnc.safetensors"),
  check: ({ card }, options) => checkLearnedWeights(card, options),
  async build({ card, backbone, ops: open }, options) {
    const learned = await learnedWeights(card, options);
    const layers = takeStack(learned.set, "score", {
      kernels: options.kernels.map(Number),
      channels: options.channels.map(Number),
    });
    learned.set.finish(card.name, ["backbone.*"]);
    const ops = await open();
    return bestCellsMethod({
      backbone,
      learned,
      transfer: options,
      prepare: (map) => finer(map, options),
      relate: (maps) => matched(ops, maps, layers, options),
    });
  },
} satisfies MethodPlugin<typeof defaults>;

/** The map on a grid that divides each of its cells; values are bilinear under the convention that cells are read by. */
function finer(map: FeatureMap, { finer, convention }: { readonly finer: number; readonly convention: string }) {
  const lattice = { frame: map.frame, grid: finerGrid(map.grid, finer) };
  return resampleMap(map, lattice, convention === "native" ? "geometry" : "align-corners");
}

/** What {@linkcode matched} does besides scoring. */
export type MatchedOptions = SearchOptions & { readonly start: string };

/** The best pair that PatchMatch finds for every source cell, and its score. */
export async function matched(
  ops: Ops,
  maps: Pair<FeatureMap>,
  layers: readonly Conv4dLayer[],
  options: MatchedOptions,
) {
  const source = descriptorsOf(maps.source), target = descriptorsOf(maps.target);
  const size: Size4 = [source.rows, source.cols, target.rows, target.cols];
  const input = ({ rows, cols, channels, data }: typeof source) => ({ data, shape: [rows * cols, channels] });
  // It stays where it is computed: only pairs go there and scores come back.
  using similarities = await ops.correlate(input(source), input(target), { norm: FEATURE_NORM });
  let start = randomStart(size, options.seed);
  if (options.start === "nearest") {
    using best = await ops.argmax(similarities);
    // A cell without any similarity (all NaN) keeps its random one.
    start = (await best.index.readInts()).map((to, cell) => to < 0 ? start[cell]! : to);
  }
  const score = async (pairs: Int32Array) => {
    const given = { data: pairs, shape: [pairs.length / 2, 2] };
    return await (await ops.conv4dAt(similarities, given, layers, { size, symmetric: true })).take();
  };
  return { size, ...await patchMatch(size, start, score, options) };
}
