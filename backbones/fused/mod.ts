/**
 * Several backbones at once; methods join their maps.
 *
 * @module
 */
import { InputError } from "../../core/errors.ts";
import { fusedBackbone, parseParts } from "../../core/fuse/parts.ts";
import { option } from "../../core/option.ts";
import type { BackbonePlugin, OptionValue } from "../../core/types.ts";

const defaults = {
  parts: option(
    [] as OptionValue,
    "backbones, each a name or label=name; their options are backbone.<label>.<option>",
    {
      accepts: ["list", "string"],
    },
  ),
};

export default {
  defaults,
  parts: (options) => parseParts(options.parts),
  build({ card, parts }) {
    if (parts === undefined || parts.size === 0) {
      throw new InputError(
        "Cannot build backbone fused without parts; set backbone.parts=[dinov2-base,resnet50], and options of a part " +
          "as backbone.resnet50.weights=PATH",
      );
    }
    return fusedBackbone(card, parts);
  },
} satisfies BackbonePlugin<typeof defaults>;
