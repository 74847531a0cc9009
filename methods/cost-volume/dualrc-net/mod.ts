/**
 * DualRC-Net: NC-Net's filter on a coarse map tells where to look, a feature pyramid's fine map tells exactly where
 * (Li et al., NeurIPS 2020).
 *
 * The pyramid is an ONNX Runtime graph up to its last convolution; that one, the volume and the fine similarities run
 * natively (`ops=`). With the whole pyramid as a graph, for both pictures, a pair of 400 pixels took 3078 ms at best, the
 * official formulation in PyTorch 1.13 3153 ms (two Zen 5 cores with AVX-512, 28 November 2026). Since then the last
 * convolution, 19 of 20 parts of the arithmetic, is a native product of patches, of the source only where points ask; it
 * has not been timed beside PyTorch on a quiet machine yet. The official evaluation computes in half precision, this in
 * single.
 *
 * @module
 */
import { extractPair } from "../../../core/compose.ts";
import { takeStack } from "../../../core/consensus/layers.ts";
import { convolve, correlation, descriptorsOf, filtered, normalised } from "../../../core/consensus/volume.ts";
import { ConfigError } from "../../../core/errors.ts";
import { clampPoints, divideGrid, toCells, toPoints } from "../../../core/frame.ts";
import { recent } from "../../../core/fuse/recent.ts";
import { option } from "../../../core/option.ts";
import type { Cells, FeatureMap, Image, Lattice, MethodPlugin, OptionValue } from "../../../core/types.ts";
import { checkLearnedWeights, learnedWeights, trunkOptions, weightOptions } from "../../../core/weights/learned.ts";
import { findMatches, type FineReader, oneWay, RATIO, roundTrip, type View } from "./matching.ts";
import { Neck, STAGE_CHANNELS, takeNeck } from "./neck.ts";

const defaults = {
  ...weightOptions,
  kernels: option([3, 3] as readonly OptionValue[], "kernel side per layer; read for weights=random only"),
  channels: option([16, 1] as readonly OptionValue[], "channels per layer; read for weights=random only"),
  mutual: option(false, "the dense field keeps only matches that come back to where they began, as the paper's does"),
};

export default {
  defaults,
  backboneOptions: (options, backbone) => trunkOptions(options, backbone, "resnet101", "dualrc-net.pth.tar"),
  check: ({ card }, options) => checkLearnedWeights(card, options),
  async build({ card, backbone, ops: open }, options) {
    // Saved from several GPUs, every name begins with "module.".
    const learned = await learnedWeights(card, options, (name) => name.replace(/^module\./, ""));
    const layers = takeStack(learned.set, "NeighConsensus.conv", {
      kernels: options.kernels.map(Number),
      channels: options.channels.map(Number),
    });
    const neckWeights = takeNeck(learned.set);
    // The frozen trunk lies beside the neck, under names of its own.
    learned.set.finish(card.name, ["FeatureExtraction.*"]);
    const ops = await open(), neck = new Neck(ops, neckWeights);
    const mergedOf = recent((stages) => neck.merged(stages.map(descriptorsOf)), 2);
    // A fine map is tens of megabytes: only those of the current pair are kept.
    const fineOf = recent(async (stages) => normalised(ops, await neck.describe(stages.map(descriptorsOf))), 2);

    async function related(source: Image, target: Image) {
      const raw = await extractPair(backbone, source, target);
      const maps = { source: stagesOf(raw.source), target: stagesOf(raw.target) };
      const pair = { source: descriptorsOf(maps.source[2]), target: descriptorsOf(maps.target[2]) };
      const coarse = await filtered(ops, await correlation(ops, pair), (x) => convolve(ops, x, layers));
      return { maps, coarse, source: fineLattice(maps.source), target: fineLattice(maps.target) };
    }

    /** Descriptors of the source where points ask for them: the pyramid's last convolution runs nowhere else. */
    async function readerOf(stages: readonly FeatureMap[]): Promise<FineReader> {
      const merged = await mergedOf(stages), { rows, cols, channels } = merged;
      const read = async (cells: Int32Array) => {
        const data = await neck.at(merged, cells);
        return (await normalised(ops, { rows: cells.length, cols: 1, channels, data })).data;
      };
      return { rows, cols, channels, read };
    }

    return {
      identity: learned.identity,
      ...(learned.meaningless === undefined ? {} : { meaningless: learned.meaningless }),
      async correspond(source, target, points) {
        const seen = await related(source, target);
        const queries = within(toCells(points, seen.source), seen.source);
        const way = {
          coarse: seen.coarse,
          own: await readerOf(seen.maps.source),
          other: await fineOf(seen.maps.target),
        };
        const found = await findMatches(ops, way, queries);
        return { ...clampPoints(toPoints(found, seen.target), target), score: found.score };
      },
      async flow(source, target) {
        const seen = await related(source, target);
        const fine = { source: await fineOf(seen.maps.source), target: await fineOf(seen.maps.target) };
        const queries = cellsOf(seen.source), view: View = { coarse: seen.coarse, fine };
        const trip = options.mutual ? await roundTrip(ops, view, queries) : undefined;
        const found = trip?.there ?? await findMatches(ops, oneWay(view), queries);
        const data = Float32Array.from(clampPoints(toPoints(found, seen.target), target).xy);
        const confidence = trip === undefined
          ? found.score
          : found.score.map((value, i) => value + trip.back.score[i]!);
        trip?.kept.forEach((kept, i) => kept || data.fill(NaN, 2 * i, 2 * i + 2));
        return { source: seen.source, target: seen.target, data, confidence };
      },
      async close() {
        await neck.close();
        await backbone.close?.();
      },
    };
  },
} satisfies MethodPlugin<typeof defaults>;

/** The three stages from fine to coarse. @throws ConfigError where the backbone gives others */
function stagesOf(maps: readonly FeatureMap[]): readonly [FeatureMap, FeatureMap, FeatureMap] {
  if (maps.length !== 3 || maps.some((map, i) => map.channels !== STAGE_CHANNELS[i])) {
    throw new ConfigError(
      `Cannot use maps of ${maps.map((map) => map.channels).join(", ")} channels: the neck joins ${
        STAGE_CHANNELS.join(", ")
      }; use backbone=resnet101 backbone.layers=[layer1, layer2, layer3]`,
    );
  }
  const [fine, middle, coarse] = maps as [FeatureMap, FeatureMap, FeatureMap];
  const fits = fine.grid.rows === RATIO * coarse.grid.rows && fine.grid.cols === RATIO * coarse.grid.cols;
  if (fits) return [fine, middle, coarse];
  throw new ConfigError(
    `Cannot use maps of ${fine.grid.rows} x ${fine.grid.cols} over ${coarse.grid.rows} x ${coarse.grid.cols} cells: ` +
      `the fine map has ${RATIO} times the coarse one's; choose a backbone.size that is a multiple of 16`,
  );
}

/** Where fine cells lie: cell i is centred at (i + 0.5) * 4 - 0.5, which the official code adds at the very end. */
function fineLattice([{ frame, grid: { rows, cols } }]: readonly [FeatureMap, ...FeatureMap[]]): Lattice {
  return { frame, grid: divideGrid(frame.network, rows, cols, "half-pixel") };
}

/** Points between the border and the first centre ask from that centre. */
function within({ n, xy }: Cells, { grid }: Lattice): Cells {
  const moved = xy.map((value, i) => Math.min(Math.max(value, 0), (i % 2 === 0 ? grid.cols : grid.rows) - 1));
  return { n, xy: moved };
}

/** Every cell of a grid, row by row. */
function cellsOf({ grid: { rows, cols } }: Lattice): Cells {
  const n = rows * cols;
  return {
    n,
    xy: Float64Array.from({ length: 2 * n }, (_, i) => i % 2 === 0 ? (i >> 1) % cols : Math.floor((i >> 1) / cols)),
  };
}
