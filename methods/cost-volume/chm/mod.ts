/**
 * CHM: correlations of three scales by three vote for offsets and changes of size in a 6-D convolution, and for offsets
 * once more at twice the resolution; kernels are tied by geometry, so that they have a few hundred parameters (Min and
 * Cho, CVPR 2021; TPAMI 2022).
 *
 * The official network runs both pictures at once through a ResNet-101 whose convolutions are in two groups. That is two
 * networks side by side; here each picture runs through its own once (see `core/graph/cnn/grouped.ts`), and its features
 * are kept for every pair it is in.
 *
 * The three convolutions of each picture run in ONNX Runtime, everything after them natively (`ops=`): the convolutions took
 * 22 ms in ONNX Runtime and 60 ms as products of native patches, on two AVX-512 cores that other work kept busy. From maps to
 * the matches of ten points at 240 pixels a pair takes 98 ms at best, the official formulation (sums of conv3d) in PyTorch
 * 1.13 1008 ms (two Zen 5 cores with AVX-512, 28 November 2026; see `methods/cost-volume/README.md`).
 *
 * @module
 */
import { groupedTrunkOptions } from "../../../core/consensus/grouped_trunk.ts";
import { keypointMethod, keypointOptions, squareSide } from "../../../core/consensus/keypoint_method.ts";
import { descriptorsOf } from "../../../core/consensus/volume.ts";
import { ConfigError } from "../../../core/errors.ts";
import { recent } from "../../../core/fuse/recent.ts";
import { option } from "../../../core/option.ts";
import type { FeatureMap, MethodPlugin } from "../../../core/types.ts";
import { checkLearnedWeights, learnedWeights, weightOptions } from "../../../core/weights/learned.ts";
import { shapeOf, takeLearner } from "./checkpoint.ts";
import type { KernelKind } from "./kernel.ts";
import { learn } from "./learner.ts";
import { Pyramid } from "./pyramid.ts";

const defaults = {
  ...weightOptions,
  kernel: option("psi", "how kernels are tied; read for weights=random only, a checkpoint says it itself", {
    choices: ["psi", "iso", "full"],
  }),
  channels: option(1024, "channels of the backbone's map; read for weights=random only", { integer: true, min: 4 }),
  ...keypointOptions({ sigma: 17, reach: 0.1 }),
};

export default {
  defaults,
  backboneOptions: (options, backbone) => groupedTrunkOptions(options, backbone, "pas_psi.pt", ["layer3"]),
  check: ({ card }, options) => checkLearnedWeights(card, options),
  async build({ card, backbone, localizer, ops: open }, options) {
    // Saved from several GPUs, every name begins with "module.".
    const learned = await learnedWeights(card, options, (name) => name.replace(/^module\./, ""));
    const shape = shapeOf(learned.set, { kind: options.kernel as KernelKind, channels: options.channels });
    const read = takeLearner(learned.set, shape);
    learned.set.finish(card.name, ["backbone.*"]);
    const weights = read(), pyramid = new Pyramid(weights.reductions), ops = await open();
    // Pairs that follow each other share pictures, and these convolutions are half of the work.
    const pyramidOf = recent((maps) => pyramid.describe(descriptorsOf(maps[0]!)));
    return keypointMethod({
      backbone,
      localizer,
      learned,
      ops,
      transfer: { ...options, floor: 0 },
      close: () => pyramid.close(),
      async relate(maps) {
        const pair = { source: onlyMap(maps.source), target: onlyMap(maps.target) };
        const side = squareSide(pair, card.name);
        for (const { channels } of [pair.source, pair.target]) checkChannels(channels, shape.channels);
        const pyramids = { source: await pyramidOf([pair.source]), target: await pyramidOf([pair.target]) };
        return await learn(ops, pyramids, side, weights);
      },
    });
  },
} satisfies MethodPlugin<typeof defaults>;

function onlyMap(maps: readonly FeatureMap[]): FeatureMap {
  if (maps.length === 1) return maps[0]!;
  throw new ConfigError(
    `Cannot choose among maps ${maps.map(({ name }) => name).join(", ")}: chm reads one; set backbone.layers=layer3`,
  );
}

function checkChannels(channels: number, wanted: number): void {
  if (channels === wanted) return;
  throw new ConfigError(
    `Cannot use maps of ${channels} channels: these weights are made for ${wanted}; use backbone=resnet101 ` +
      `backbone.layers=layer3, or weights=random channels=${channels}`,
  );
}
