/**
 * SD-DINO: diffusion features of several levels, reduced for each pair together, beside DINOv2's tokens (Zhang, Herrmann,
 * Hur, Polania, Jampani, Sun, Yang: "A Tale of Two Features", NeurIPS 2023).
 *
 * @module
 */
import { compose } from "../../../core/compose.ts";
import { ConfigError, InputError } from "../../../core/errors.ts";
import { numbers } from "../../../core/fuse/join.ts";
import { mapsOfPart } from "../../../core/fuse/parts.ts";
import { plainFrame } from "../../../core/fuse/plain_frame.ts";
import { option } from "../../../core/option.ts";
import type { Enhancer, FeatureMap, MethodPlugin, OptionValue } from "../../../core/types.ts";
import { byDistance, DISTANCES } from "./distance.ts";
import { fuse, type FusionOptions, type Parts } from "./fusion.ts";
import { wholeCells } from "./whole_cells.ts";

const defaults = {
  pca_dims: option([256] as OptionValue, "components kept per diffusion level, finest level first; one for all", {
    accepts: ["list", "number"],
  }),
  level_weights: option([] as OptionValue, "a factor per diffusion level, finest first; empty: 1 each", {
    accepts: ["list"],
  }),
  sd_weight: option(1, "factor of the diffusion half, after it was brought to unit length", { min: 0 }),
  dino_weight: option(1, "factor of the token half, after it was brought to unit length", { min: 0 }),
  distance: option("l2", "how descriptors are compared; both rank alike but for rounding", { choices: DISTANCES }),
};

export default {
  defaults,
  build({ backbone, localizer }, options) {
    const dims = numbers(options.pca_dims);
    if (dims.length === 0 || !dims.every((dim) => Number.isInteger(dim) && dim >= 1)) {
      throw new InputError(`Cannot use pca_dims=${JSON.stringify(options.pca_dims)}: whole numbers of at least 1`);
    }
    const { sd_weight: sd, dino_weight: dino } = options;
    const fusion: FusionOptions = { dims, weights: { levels: numbers(options.level_weights), sd, dino } };
    return compose({
      backbone,
      enhancer: enhancer(fusion),
      matcher: wholeCells(byDistance(options.distance)),
      localizer,
    });
  },
} satisfies MethodPlugin<typeof defaults>;

function enhancer(options: FusionOptions): Enhancer {
  return {
    enhance: ({ source, target }) =>
      Promise.try(() => {
        const fused = fuse({ source: partsOf(source), target: partsOf(target) }, options);
        // The official code moves points by the factor of the resize alone.
        const plain = (map: FeatureMap) => ({ ...map, frame: plainFrame(map.frame) });
        return { source: plain(fused.source), target: plain(fused.target) };
      }),
  };
}

function partsOf(maps: readonly FeatureMap[]): Parts {
  const sd = mapsOfPart(maps, "sd");
  const dino = mapsOfPart(maps, "dino");
  if (sd.length === 0 || dino.length !== 1) {
    throw new ConfigError(
      `Cannot fuse maps ${
        maps.map((map) => map.name).join(", ")
      }: sd-dino needs maps sd/... (levels) and one dino/...; ` +
        "set backbone=fused backbone.parts=[sd=BACKBONE,dino=BACKBONE]",
    );
  }
  return { sd, dino: dino[0]! };
}
