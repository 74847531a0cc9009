/**
 * ANC-Net: NC-Net's filter with kernels of different extent in the two pictures, and a second stream that compares how
 * cells relate to their own surroundings (Li et al., CVPR 2020).
 *
 * Both streams run natively (`ops=`), as NC-Net's does, for the reason measured there; `methods/cost-volume/README.md` has
 * the whole beside PyTorch.
 *
 * @module
 */
import { consensusMethod } from "../../../core/consensus/method.ts";
import { transferOptions } from "../../../core/consensus/options.ts";
import { correlation, descriptorsOf, filtered, type Volume } from "../../../core/consensus/volume.ts";
import { InputError } from "../../../core/errors.ts";
import { option } from "../../../core/option.ts";
import type { MethodPlugin } from "../../../core/types.ts";
import { checkLearnedWeights, learnedWeights, trunkOptions, weightOptions } from "../../../core/weights/learned.ts";
import { adaptiveConsensus, takeStages, type Variant, variantOf, VARIANTS } from "./network.ts";
import { selfSimilarity, streamOf, takeSelfSimilarity } from "./self_similarity.ts";

/** Channels of the third stage of a ResNet-101, which the context stream is made for. */
const CHANNELS = 1024;

const defaults = {
  ...weightOptions,
  noniso: option(1, "network A (1), B (2) or C (3) of the official code; read for weights=random only", {
    choices: VARIANTS,
  }),
  pss: option(1, "self-similarity stream: none (0), pairwise (1), context (2); read for weights=random only", {
    choices: [0, 1, 2],
  }),
  ...transferOptions,
};

export default {
  defaults,
  backboneOptions: (options, backbone) => trunkOptions(options, backbone, "resnet101", "ancnet_86_11.pth.tar"),
  check: ({ card }, options) => checkLearnedWeights(card, options),
  async build({ card, backbone, localizer, ops: open }, options) {
    // Saved from several GPUs, every name begins with "module.".
    const learned = await learnedWeights(card, options, (name) => name.replace(/^module\./, ""));
    const { set } = learned;
    const stages = takeStages(set, variantOf(set, options.noniso as Variant));
    const stream = takeSelfSimilarity(set, streamOf(set, options.pss), CHANNELS);
    set.finish(card.name, ["FeatureExtraction.model.*"]);
    const ops = await open();
    const consensus = (volume: Volume) => adaptiveConsensus(ops, volume, stages);
    return consensusMethod({
      backbone,
      localizer,
      learned,
      transfer: options,
      dense: true,
      async relate(maps) {
        const pair = { source: descriptorsOf(maps.source), target: descriptorsOf(maps.target) };
        if (stream?.kind === "context" && pair.source.channels !== CHANNELS) {
          throw new InputError(
            `Cannot use pss=2 with maps of ${pair.source.channels} channels: its weights mix ${CHANNELS} with the window; ` +
              "use backbone=resnet101 backbone.layers=layer3",
          );
        }
        const first = await filtered(ops, await correlation(ops, pair), consensus);
        if (stream === undefined) return first;
        const around = {
          source: await selfSimilarity(ops, pair.source, stream),
          target: await selfSimilarity(ops, pair.target, stream),
        };
        return averageStreams(first, await filtered(ops, await correlation(ops, around, null), consensus));
      },
    });
  },
} satisfies MethodPlugin<typeof defaults>;

/** Half of each stream. */
export function averageStreams(first: Volume, second: Volume): Volume {
  return { size: first.size, data: first.data.map((value, i) => 0.5 * value + 0.5 * second.data[i]!) };
}
