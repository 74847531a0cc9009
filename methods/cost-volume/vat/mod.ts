/**
 * VAT: correlations of all layers of three stages, encoded by separable 4-D convolutions and related by 4-D Swin
 * Transformers from coarse to fine; a decoder regresses positions (Hong et al., ECCV 2022; the semantic-matching branch of
 * its official code).
 *
 * Correlations and 4-D convolutions run natively (`ops=`), the transformers and the decoder as one ONNX Runtime graph:
 * it has attention over windows with a bias, and matrix products for what remains. Neither the split nor the whole has
 * been timed yet; `deno bench -A methods/cost-volume/vat/mod_bench.ts` times the whole after the backbone at 512 pixels.
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
