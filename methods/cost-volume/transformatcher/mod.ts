/**
 * TransforMatcher: correlations of all 26 bottlenecks of a ResNet-101's last two stages are the features of 15^4 tokens,
 * one per pair of cells, which six layers of additive attention relate to each other (Kim et al., CVPR 2022).
 *
 * Everything after the backbone runs natively (`ops=`): the six layers take 99 ms, and 384 ms as an ONNX Runtime graph,
 * which keeps every step's 50625 x 96 values where the native layer stores none. From maps to the matches of ten points at
 * 240 pixels a pair takes 125 ms at best, the official formulation in PyTorch 1.13 1011 ms
 * (two Zen 5 cores with AVX-512, 28 November 2026; see `methods/cost-volume/README.md`).
 *
 * @module
 */
import { groupedTrunkOptions } from "../../../core/consensus/grouped_trunk.ts";
import { BOTTLENECKS, checkLevels, tokensOf } from "../../../core/consensus/hypercolumn.ts";
import { keypointMethod, keypointOptions } from "../../../core/consensus/keypoint_method.ts";
import { resizedVolume } from "../../../core/consensus/volume.ts";
import { option } from "../../../core/option.ts";
import type { MethodPlugin } from "../../../core/types.ts";
import { checkLearnedWeights, learnedWeights, RANDOM, weightOptions } from "../../../core/weights/learned.ts";
import { angles, attended, embedded, FREQUENCIES, LEVELS, refined, SIDE, takeNetwork } from "./network.ts";

const defaults = {
  ...weightOptions,
  levels: option(LEVELS, "maps of the backbone; read for weights=random only, a checkpoint says it itself", {
    integer: true,
    min: 1,
  }),
  ...keypointOptions({ sigma: 10, reach: 0.05 }),
};

export default {
  defaults,
  backboneOptions: (options, backbone) => groupedTrunkOptions(options, backbone, "transformatcher.pt", BOTTLENECKS),
  check: ({ card }, options) => checkLearnedWeights(card, options),
  async build({ card, backbone, localizer, ops: open }, options) {
    // Saved from several GPUs, every name begins with "module.".
    const learned = await learnedWeights(card, options, (name) => name.replace(/^module\./, ""));
    const { set } = learned;
    const levels = set.tensors.get("match2match.to_embedding.1.weight")?.shape[1] ?? options.levels;
    // Random weights leave out what training never changes.
    const read = takeNetwork(set, levels, options.weights === RANDOM ? FREQUENCIES : undefined);
    // A table of positions that the network has and does not read.
    set.take("match2match.posenc", [SIDE, SIDE, SIDE, SIDE, 16]);
    set.finish(card.name, ["backbone.*"]);
    const network = read(), ops = await open();
    const turns = angles(SIDE ** 4, network.layers[0]!.frequencies);
    return keypointMethod({
      backbone,
      localizer,
      learned,
      ops,
      transfer: { ...options, floor: 1e-5 },
      async relate(maps) {
        checkLevels(maps, levels);
        const tokens = await embedded(ops, await tokensOf(ops, maps, SIDE), network);
        const values = await refined(ops, await attended(ops, tokens, network, turns), network);
        return await resizedVolume(ops, { data: values, size: [SIDE, SIDE, SIDE, SIDE] }, 2 * SIDE);
      },
    });
  },
} satisfies MethodPlugin<typeof defaults>;
