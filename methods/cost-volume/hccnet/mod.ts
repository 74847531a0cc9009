/**
 * HCCNet: the channels of many layers are cut into slices, each slice gives a correlation, and the pile of them, the
 * hypercolumn correlation, goes through point-wise convolutions only: no 4-D kernels, no attention (Kim, Min and Cho, WACV
 * 2024).
 *
 * From the paper's abstract alone: the public repository holds no code, and the paper's body was not at hand. It fixes
 * that bottleneck features are sliced, that the slices' correlations form the hypercolumn, and that point-wise convolutions
 * process it. Ours are: the 26 bottlenecks of layer3 and layer4, the grid of 15 x 15, the normalisation before resizing, the
 * doubling of the volume and the transfer of points (all as in TransforMatcher, by the same authors), four slices per
 * bottleneck, and layers of 64, 32 and 1 channels with ReLU between. No checkpoint exists.
 *
 * The network is an ONNX Runtime graph, the doubling of its volume and the transfer of points run natively (`ops=`). From
 * maps to the matches of ten points at 240 pixels a pair takes 57 ms at best, and took 216 ms with native correlations of
 * the 104 slices, brought side by side for point-wise layers of native convolutions; the same network in PyTorch 1.13 takes
 * 193 ms (two Zen 5 cores with AVX-512, 28 November 2026; see `methods/cost-volume/README.md`).
 *
 * @module
 */
import { groupedTrunkOptions } from "../../../core/consensus/grouped_trunk.ts";
import { BOTTLENECKS, checkLevels } from "../../../core/consensus/hypercolumn.ts";
import { keypointMethod, keypointOptions } from "../../../core/consensus/keypoint_method.ts";
import { resizedVolume } from "../../../core/consensus/volume.ts";
import { inputsOf, OpenNetworks, sizeOf } from "../../../core/hyper/network.ts";
import { option } from "../../../core/option.ts";
import type { MethodPlugin, OptionValue } from "../../../core/types.ts";
import { checkLearnedWeights, learnedWeights, weightOptions } from "../../../core/weights/learned.ts";
import { hccnetModel, takePointwise } from "./network.ts";

/** Side of the grid all slices are resized to: layer3's at 240 pixels. */
const SIDE = 15;

const defaults = {
  ...weightOptions,
  slices: option(4, "parts of each map's channels, each with a correlation of its own", { integer: true, min: 1 }),
  levels: option(BOTTLENECKS.length, "maps of the backbone", { integer: true, min: 1 }),
  widths: option([64, 32, 1] as readonly OptionValue[], "channels per layer; read for weights=random only"),
  ...keypointOptions({ sigma: 10, reach: 0.05 }),
};

export default {
  defaults,
  backboneOptions: (options, backbone) => groupedTrunkOptions(options, backbone, "hccnet.safetensors", BOTTLENECKS),
  check: ({ card }, options) => checkLearnedWeights(card, options),
  async build({ card, backbone, localizer, ops: open }, options) {
    const { slices, levels } = options;
    const learned = await learnedWeights(card, options);
    const layers = takePointwise(learned.set, levels * slices, options.widths.map(Number));
    learned.set.finish(card.name, ["backbone.*"]);
    const ops = await open(), networks = new OpenNetworks();
    return keypointMethod({
      backbone,
      localizer,
      learned,
      ops,
      transfer: { ...options, floor: 1e-5 },
      close: () => networks.close(),
      async relate(maps) {
        checkLevels(maps, levels, slices);
        const sizes = { source: maps.source.map(sizeOf), target: maps.target.map(sizeOf) };
        const make = () => hccnetModel(sizes, { side: SIDE, slices }, layers);
        const inputs = { ...inputsOf("source", maps.source), ...inputsOf("target", maps.target) };
        const { correlation } = await networks.run(JSON.stringify(sizes), make, inputs);
        return await resizedVolume(ops, { data: correlation!.data, size: [SIDE, SIDE, SIDE, SIDE] }, 2 * SIDE);
      },
    });
  },
} satisfies MethodPlugin<typeof defaults>;
