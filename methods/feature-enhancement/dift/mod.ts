/**
 * DIFT: one diffusion feature map, compared at the resolution of the pictures (Tang, Jia, Wang, Phoo, Hariharan:
 * "Emergent Correspondence from Image Diffusion", NeurIPS 2023).
 *
 * @module
 */
import { compose } from "../../../core/compose.ts";
import { identityFrame, sampledGrid } from "../../../core/frame.ts";
import { joinMaps, joinOptions } from "../../../core/fuse/join.ts";
import { upsampledCosine } from "../../../core/fuse/upsampled_cosine.ts";
import { option } from "../../../core/option.ts";
import type { Cells, FeatureMap, Lattice, MethodPlugin } from "../../../core/types.ts";

const defaults = {
  ...joinOptions,
  eps: option(1e-12, "added to descriptor norms", { min: 0 }),
};

/**
 * Both maps are seen as upsampled to the pixels of their pictures: a query is the pixel it falls on, its match the most
 * similar of all pixels of the target.
 */
export default {
  defaults,
  build: ({ backbone, localizer }, options) =>
    compose({
      backbone,
      enhancer: joinMaps({ ...options, convention: "native" }),
      matcher: upsampledCosine({ source: pixels, target: pixels, place: wholePixels, eps: options.eps }),
      localizer,
    }),
} satisfies MethodPlugin<typeof defaults>;

/** The pixels of the original picture. */
function pixels({ frame: { original } }: FeatureMap): Lattice {
  const grid = sampledGrid(original.height, original.width, { x: 1, y: 1 }, { x: 0, y: 0 });
  return { frame: identityFrame(original), grid };
}

/** The official code indexes pixels, which annotations in whole pixels allow; other positions take the nearest one. */
function wholePixels({ n, xy }: Cells): Cells {
  return { n, xy: xy.map((value) => Math.round(value)) };
}
