/**
 * The survey's strong baseline at inference: DINOv2 whose last two blocks were fine-tuned for correspondence, cosine
 * similarity, kernel soft-argmax (Zhang, Li, Lu, Han: "Semantic Correspondence: Unified Benchmarking and a Strong
 * Baseline").
 *
 * @module
 */
import { compose, onlyMap } from "../../../core/compose.ts";
import { withConvention } from "../../../core/frame.ts";
import { normaliseMap } from "../../../core/fuse/concat.ts";
import { recent } from "../../../core/fuse/recent.ts";
import { option } from "../../../core/option.ts";
import type { Enhancer, MethodPlugin } from "../../../core/types.ts";
import { clampedCosine } from "./clamped_cosine.ts";

const defaults = {
  weights: option(
    "",
    "fine-tuned blocks: the survey's best_weights.pt, or named tensors; empty: the network as it was trained",
  ),
};

export default {
  defaults,
  backboneOptions: ({ weights }): Record<string, string> => weights === "" ? {} : { tuned: weights },
  build: ({ backbone, localizer }) => compose({ backbone, enhancer: survey(), matcher: clampedCosine(), localizer }),
} satisfies MethodPlugin<typeof defaults>;

/** Unit descriptors on a grid whose corner cells lie on the corner pixels. */
function survey(): Enhancer {
  const normalised = recent(([map]) => withConvention(normaliseMap(map!, 1e-6, "max"), "align-corners"));
  return {
    async enhance(maps) {
      const { source, target } = await onlyMap.enhance(maps);
      return { source: normalised([source]), target: normalised([target]) };
    },
  };
}
