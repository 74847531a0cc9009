import { InputError } from "../../../core/errors.ts";
import { option } from "../../../core/option.ts";
import type { MethodPlugin, OptionValue } from "../../../core/types.ts";
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
  scales: option(
    [1] as OptionValue,
    "scales of the target's descriptors that each pixel chooses from, 1 among them: [1] is the single-scale form",
    { accepts: ["list"] },
  ),
  scale_cost: option(10, "cost of a pixel per octave of its scale", { min: 0 }),
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
 * With `scales`, the paper's multi-scale form: the grid layer is as before, and each pixel of the pixel layer also takes
 * the scale of the target at which its descriptor fits best. Its weight was not at hand and is this project's choice.
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
      {
        levels,
        samples,
        bound,
        stretch,
        stretchBound: options.stretch_bound,
        iterations,
        deform,
        scaleCost: options.scale_cost,
        corrected,
      },
      scalesOf(options.scales),
      options.length ?? (own ? null : SIFT_LENGTH),
    );
  },
} satisfies MethodPlugin<typeof defaults>;

/** The scales, 1 first. @throws InputError unless they are numbers between 1/8 and 8 with 1 among them */
function scalesOf(value: OptionValue): readonly number[] {
  const list = Array.isArray(value) ? value as OptionValue[] : [];
  if (list.includes(1) && list.every((v) => typeof v === "number" && v >= 1 / 8 && v <= 8)) {
    return [1, ...new Set((list as number[]).filter((v) => v !== 1))];
  }
  throw new InputError(`Cannot use ${JSON.stringify(value)} as scales of dsp: it takes a list with 1, as [1, 0.5, 2]`);
}
