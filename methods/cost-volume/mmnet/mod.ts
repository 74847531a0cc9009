/**
 * MMNet: every bottleneck of a ResNet is described at four receptive fields, stages are fused from coarse to fine, and
 * so are their correlations (Zhao et al., ICCV 2021).
 *
 * The network is an ONNX Runtime graph; correlations run natively (`ops=`), and only the rows that the points ask for:
 * a row of the finest volume needs one row of each coarser one. Of the graph, the first convolution of each block is a
 * matrix product for all nine taps and a sum of nine shifted results: those of the dilated third stage take 132 ms, and
 * 249 ms as convolutions. One pair of 320 x 224 pixels from the backbone's maps to ten matches takes 395 ms with the
 * dilated ResNet-101 and 133 ms with the plain one, the official formulation in PyTorch 1.13 with whole volumes 841 and
 * 659 ms, each at best (two Zen 5 cores with AVX-512, 28 November 2026; see `methods/cost-volume/README.md`).
 *
 * @module
 */
import { type Descriptors, descriptorsOf } from "../../../core/consensus/volume.ts";
import { denseFlow, extractPair, readOut } from "../../../core/compose.ts";
import { upperLeftLattice } from "../../../core/frame.ts";
import { recent } from "../../../core/fuse/recent.ts";
import { option } from "../../../core/option.ts";
import type { CostVolume, Image, MethodPlugin, OptionValue } from "../../../core/types.ts";
import { checkLearnedWeights, learnedWeights, trunkOptions, weightOptions } from "../../../core/weights/learned.ts";
import { HeadNetwork } from "./network.ts";
import { takeMmnet, UNUSED } from "./parameters.ts";
import { accumulatedVolume } from "./volume.ts";

const defaults = {
  ...weightOptions,
  blocks: option([3, 4, 23, 3] as readonly OptionValue[], "bottlenecks per stage; read for weights=random only"),
  level: option(1, "the correlations that are read: 1 the finest, 4 those of the last stage alone", {
    choices: [1, 2, 3, 4],
  }),
};

export default {
  defaults,
  backboneOptions(options, backbone) {
    // The published files hold the dilated network; one that was trained on torchvision's can only be given by name.
    const own = backbone === "resnet101" && options.weights !== "" ? backbone : "fcn-resnet101";
    return trunkOptions(options, backbone, own, "ckp_pascal_fcnres101.pth");
  },
  check: ({ card }, options) => checkLearnedWeights(card, options),
  async build({ card, backbone, localizer, ops: open }, options) {
    const learned = await learnedWeights(card, options);
    const stages = takeMmnet(learned.set, options.blocks.map(Number));
    learned.set.finish(card.name, UNUSED);
    const ops = await open();
    const head = new HeadNetwork(stages);
    // Maps of all bottlenecks are hundreds of megabytes, what is made of them is one: pairs that follow share pictures.
    const described = recent((maps) => head.describe(maps.map(descriptorsOf)), 8);

    async function relate(source: Image, target: Image): Promise<CostVolume> {
      const maps = await extractPair(backbone, source, target);
      const levels = { source: await described(maps.source), target: await described(maps.target) };
      const latticeOf = (picture: Image, all: readonly Descriptors[]) => {
        const { rows, cols } = all[options.level - 1]!;
        return upperLeftLattice(picture, rows, cols);
      };
      return accumulatedVolume(ops, levels, options.level - 1, {
        source: latticeOf(source, levels.source),
        target: latticeOf(target, levels.target),
      });
    }

    return {
      identity: learned.identity,
      ...(learned.meaningless === undefined ? {} : { meaningless: learned.meaningless }),
      correspond: async (source, target, points) =>
        await readOut(await relate(source, target), points, target, localizer),
      flow: async (source, target) => await denseFlow(await relate(source, target), target, localizer),
      async close() {
        await head.close();
        await backbone.close?.();
      },
    };
  },
} satisfies MethodPlugin<typeof defaults>;
