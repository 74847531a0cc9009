/**
 * Nearest neighbour in feature space: the zero-shot baseline every other method is measured against. The cosine
 * similarity of any backbone's features, read out by any localizer.
 *
 * @module
 */
import { compose } from "../../../core/compose.ts";
import { InputError } from "../../../core/errors.ts";
import { joinMaps, joinOptions } from "../../../core/fuse/join.ts";
import { finerGrid } from "../../../core/fuse/resample.ts";
import { upsampledCosine } from "../../../core/fuse/upsampled_cosine.ts";
import { cosine } from "../../../core/match/cosine.ts";
import { softMutual } from "../../../core/match/mutual.ts";
import { option } from "../../../core/option.ts";
import type { MethodPlugin } from "../../../core/types.ts";

const defaults = {
  convention: option("native", "geometry of cells: the backbone's own, or the survey's align-corners", {
    choices: ["native", "align-corners"],
  }),
  ...joinOptions,
  upsample: option(1, "target descriptors are interpolated on a grid this many times finer", { integer: true, min: 1 }),
  mutual: option(false, "weigh similarities by NC-Net's soft mutual-nearest-neighbour filter"),
  eps: option(1e-6, "added to descriptor norms", { min: 0 }),
};

export default {
  defaults,
  build: async ({ backbone, localizer, ops }, options) => {
    const { eps, upsample, mutual } = options;
    if (mutual && upsample > 1) {
      throw new InputError("Cannot set mutual=true with upsample: the filter compares cells of equal size; choose one");
    }
    return compose({
      backbone,
      enhancer: joinMaps(options),
      matcher: upsample > 1
        ? upsampledCosine({ eps, target: ({ frame, grid }) => ({ frame, grid: finerGrid(grid, upsample) }) })
        // The mutual filter needs every similarity once, which is worth native code; a few keypoints are not.
        : cosine({ eps, ...(mutual ? { ops: await ops() } : {}) }),
      aggregators: mutual ? [softMutual()] : [],
      localizer,
    });
  },
} satisfies MethodPlugin<typeof defaults>;
