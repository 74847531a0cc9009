import { option } from "../../../core/option.ts";
import type { MethodPlugin } from "../../../core/types.ts";
import { Dsp } from "./dsp.ts";

const defaults = {
  levels: option(3, "levels of the pyramid of grid cells: 1, 4, 16, .. cells", { integer: true, min: 1, max: 5 }),
  samples: option(2500, "about so many pixels of the source take part in the grid layer", { integer: true, min: 1 }),
  bound: option(500, "largest distance of descriptors that counts, and the cost of leading out of the target", {
    min: 0,
  }),
  stretch: option(0.005, "cost per step of difference between neighbouring cells' translations", { min: 0 }),
  stretch_bound: option(0.25, "largest cost of that difference per axis", { min: 0 }),
  iterations: option(50, "at most so many iterations over the pyramid", { integer: true, min: 1 }),
  deform: option(2.5, "cost per pixel of difference from the cell's translation in the pixel layer", { min: 0 }),
  corrected: option(
    false,
    "mend two slips of the authors' program: cells also speak to their parents, and the first row and column of a cell " +
      "count",
  ),
  length: option(
    null as number | null,
    "length given to every descriptor before the distance; null: 512 unless they have one of their own, as SIFT",
    {
      accepts: ["number"],
      min: 1e-6,
    },
  ),
};

/** Length of VLFeat's SIFT descriptors, whose distances the default costs are made for. */
const SIFT_LENGTH = 512;

/**
 * Deformable spatial pyramids. Works on any backbone with one map; a displacement is counted in cells of that map.
 *
 * A point moves as the cell nearest to it does. Pictures of any size and shape are matched: levels of the pyramid with
 * more cells than pixels cost nothing there, and flat pictures, where all costs are equal, stay as they are or take the
 * first of equal translations.
 */
export default {
  defaults,
  async build({ backbone, ops }, options) {
    const { levels, samples, bound, stretch, iterations, deform, corrected } = options;
    const own = backbone.identity.startsWith("dense-sift ");
    return new Dsp(
      backbone,
      await ops(),
      { levels, samples, bound, stretch, stretchBound: options.stretch_bound, iterations, deform, corrected },
      options.length ?? (own ? null : SIFT_LENGTH),
    );
  },
} satisfies MethodPlugin<typeof defaults>;
