import { hog, hogMinimum } from "../../core/descriptor/hog.ts";
import { InputError } from "../../core/errors.ts";
import { identityFrame, sampledGrid } from "../../core/frame.ts";
import { option } from "../../core/option.ts";
import type { BackbonePlugin } from "../../core/types.ts";

const defaults = {
  cell: option(8, "side of a cell in pixels", { integer: true, min: 1 }),
  variant: option("uoctti", "uoctti: 3 n + 4 channels; dalal-triggs: 4 n channels", {
    choices: ["uoctti", "dalal-triggs"],
  }),
  orientations: option(9, "unsigned orientations n", { integer: true, min: 1 }),
  range: option(255, "what white is taken for; with 1, low contrasts count less", { choices: [1, 255] }),
};

/**
 * HOG with VLFeat's numbers: one map named `hog`, a cell per `cell` pixels counted from the top-left corner. The number of
 * cells is rounded, so the last ones may reach over the border or stop short of it by up to half a cell.
 */
export default {
  defaults,
  build({ card }, options) {
    const { cell, orientations } = options;
    return {
      identity: `${card.name} v${card.version} ${JSON.stringify(options)}`,
      // deno-lint-ignore require-await -- the contract is asynchronous, this backbone is not
      async extract(image) {
        const minimum = hogMinimum(cell);
        if (Math.min(image.width, image.height) < minimum) {
          throw new InputError(
            `Cannot describe "${image.origin}" by HOG: it has ${image.width}x${image.height} pixels and cells of ` +
              `${cell} need ${minimum}x${minimum}${cell > 3 ? "; use a smaller cell" : ""}`,
          );
        }
        const { rows, cols, channels, data } = hog(image, {
          cell,
          orientations,
          variant: options.variant as "uoctti" | "dalal-triggs",
          range: options.range as 1 | 255,
        });
        // Not a division of the picture: the stride is the cell also where its side is no multiple of it.
        const first = cell / 2 - 0.5;
        return [{
          name: "hog",
          channels,
          data,
          frame: identityFrame({ width: image.width, height: image.height }),
          grid: sampledGrid(rows, cols, { x: cell, y: cell }, { x: first, y: first }),
        }];
      },
    };
  },
} satisfies BackbonePlugin<typeof defaults>;
