/**
 * VAT: correlations of all layers of three stages, encoded by separable 4-D convolutions and related by 4-D Swin
 * Transformers from coarse to fine; a decoder regresses positions (Hong et al., ECCV 2022; the semantic-matching branch of
 * its official code).
 *
 * Correlations and 4-D convolutions run natively (`ops=`): one of 65 to 64 channels at 16^4 takes 114 ms, and 161 ms
 * as 2-D convolutions of an ONNX Runtime graph. The transformers and the decoder are one graph, which takes 1000 ms of the
 * whole: it has attention over windows with a bias and matrix products, for which there is no native operation to compare.
 * Everything behind the backbone at 512 pixels took 5.6 to 6.6 s in turns with the official formulation in PyTorch 1.13, which
 * took 21.9 to 56.1 s
 * (two Zen 5 cores with AVX-512, 28 November 2026; see `methods/cost-volume/README.md`).
 *
 * @module
 */
import { fieldMethod, fieldOptions } from "../../../core/hyper/method.ts";
import { HYPERCORRELATION, hyperOptions } from "../../../core/hyper/taps.ts";
import type { MethodPlugin } from "../../../core/types.ts";
import { checkLearnedWeights, learnedWeights, weightOptions } from "../../../core/weights/learned.ts";
import { VatNetwork } from "./network.ts";
import { OFFICIAL, takeVat } from "./parameters.ts";
import { SWIN_BUFFERS } from "./swin.ts";

const defaults = { ...weightOptions, ...fieldOptions };

export default {
  defaults,
  backboneOptions: (options, backbone) => hyperOptions(options, backbone, HYPERCORRELATION, "vat_pfpascal.pth"),
  check: ({ card }, options) => checkLearnedWeights(card, options),
  async build({ card, backbone, ops: open }, options) {
    const learned = await learnedWeights(card, options);
    const parameters = takeVat(learned.set, "hpn_learner.ours.", OFFICIAL);
    learned.set.finish(card.name, ["backbone.*", ...SWIN_BUFFERS]);
    const network = new VatNetwork(await open(), parameters);
    return fieldMethod({
      backbone,
      learned,
      readout: options.readout,
      relate: (maps) => network.positions(maps),
      close: () => network.close(),
    });
  },
} satisfies MethodPlugin<typeof defaults>;
