/**
 * NC-Net: matches that agree with their neighbours in both pictures are strengthened by 4-D convolutions over all
 * correlations (Rocco et al., NeurIPS 2018).
 *
 * The convolutions run natively (`ops=`): ONNX Runtime has no 4-D convolution. Three layers of side 5 at 25^4 cells in one
 * direction took 37 ms natively and 3060 ms as an ONNX graph that sums 3-D convolutions; two of side 3 16 and 151
 * (two Zen 5 cores with AVX-512, 28 November 2026; `methods/cost-volume/README.md` has the whole beside PyTorch).
 *
 * @module
 */
import { takeStack } from "../../../core/consensus/layers.ts";
import { consensusMethod } from "../../../core/consensus/method.ts";
import { transferOptions } from "../../../core/consensus/options.ts";
import { pooledCorrelation } from "../../../core/consensus/relocalise.ts";
import { convolve, correlation, descriptorsOf, filtered } from "../../../core/consensus/volume.ts";
import { ConfigError } from "../../../core/errors.ts";
import { option } from "../../../core/option.ts";
import type { MethodPlugin, OptionValue } from "../../../core/types.ts";
import { checkLearnedWeights, learnedWeights, trunkOptions, weightOptions } from "../../../core/weights/learned.ts";
import { parameterName, TRUNK } from "./checkpoint.ts";

const defaults = {
  ...weightOptions,
  kernels: option([5, 5, 5] as readonly OptionValue[], "kernel side per layer; read for weights=random only"),
  channels: option([16, 16, 1] as readonly OptionValue[], "channels per layer; read for weights=random only"),
  relocalise: option(1, "correlate maps this many times finer, and pool before the network (InLoc: 2)", {
    integer: true,
    min: 1,
    max: 8,
  }),
  ...transferOptions,
};

export default {
  defaults,
  backboneOptions: (options, backbone) => trunkOptions(options, backbone, "resnet101", "ncnet_pfpascal.pth.tar"),
  check: ({ card }, options) => checkLearnedWeights(card, options),
  async build({ card, backbone, localizer, ops: open }, options) {
    const { relocalise: k, readout } = options;
    if (k > 1 && readout !== "nearest") {
      throw new ConfigError(
        `Cannot set relocalise=${k} with readout=${readout}: pooled cells have no fixed places to blend between; ` +
          "add readout=nearest",
      );
    }
    const learned = await learnedWeights(card, options, parameterName);
    const layers = takeStack(learned.set, "NeighConsensus.conv", {
      kernels: options.kernels.map(Number),
      channels: options.channels.map(Number),
    });
    learned.set.finish(card.name, TRUNK);
    const ops = await open();
    return consensusMethod({
      backbone,
      localizer,
      learned,
      transfer: options,
      dense: k === 1,
      async relate(maps) {
        const pair = { source: descriptorsOf(maps.source), target: descriptorsOf(maps.target) };
        const pooled = k > 1 ? await pooledCorrelation(ops, pair, k) : undefined;
        const volume = await filtered(ops, pooled ?? await correlation(ops, pair), (x) => convolve(ops, x, layers));
        return pooled === undefined ? volume : { ...volume, pooled };
      },
    });
  },
} satisfies MethodPlugin<typeof defaults>;
