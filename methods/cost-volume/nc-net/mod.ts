/**
 * NC-Net: matches that agree with their neighbours in both pictures are strengthened by 4-D convolutions over all
 * correlations (Rocco et al., NeurIPS 2018).
 *
 * The convolutions run natively (`ops=`): ONNX Runtime has no 4-D convolution. Measured before this was chosen, on two
 * cores, 25^4 cells, three layers of side 5, one direction: 0.60 s natively, 2.04 s as an ONNX graph that sums 3-D
 * convolutions, 1.06 s as the fastest such sum in PyTorch and 0.74 s by its FFT
 * (measured with a prototype of the kernel, not yet with this one).
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
