/**
 * Nearest neighbour in feature space: the zero-shot baseline every other method is measured against. The cosine
 * similarity of any backbone's features, read out by any localizer.
 *
 * @module
 */
import { compose } from "../../../core/compose.ts";
import { convention } from "../../../core/convention.ts";
import { cosine } from "../../../core/match/cosine.ts";
import { softMutual } from "../../../core/match/mutual.ts";
import { option } from "../../../core/option.ts";
import type { MethodPlugin } from "../../../core/types.ts";

const defaults = {
  convention: option("native", "geometry of cells: the backbone's own, or the survey's align-corners", {
    choices: ["native", "align-corners"],
  }),
  mutual: option(false, "weigh similarities by NC-Net's soft mutual-nearest-neighbour filter"),
  eps: option(1e-6, "added to descriptor norms", { min: 0 }),
};

export default {
  defaults,
  // The mutual filter needs every similarity once, which is worth native code; a few keypoints are not.
  build: async ({ backbone, localizer, ops }, options) =>
    compose({
      backbone,
      enhancer: convention(options.convention),
      matcher: cosine({ eps: options.eps, ...(options.mutual ? { ops: await ops() } : {}) }),
      aggregators: options.mutual ? [softMutual()] : [],
      localizer,
    }),
} satisfies MethodPlugin<typeof defaults>;
