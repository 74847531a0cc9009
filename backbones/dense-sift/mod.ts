import {
  denseSift,
  denseSiftBytes,
  denseSiftMinimum,
  type DenseSiftOptions,
  denseSiftPlanes,
  hasPlanes,
} from "../../core/descriptor/dense_sift.ts";
import { siftParts } from "../../core/descriptor/sift_parts.ts";
import { greyPlane } from "../../core/descriptor/grey.ts";
import { InputError } from "../../core/errors.ts";
import { identityFrame, sampledGrid } from "../../core/frame.ts";
import { option } from "../../core/option.ts";
import type { BackbonePlugin, Image, OptionValue } from "../../core/types.ts";

const defaults = {
  step: option(4, "pixels between descriptors", { integer: true, min: 1 }),
  bin: option(4 as OptionValue, "side of a spatial bin in pixels; a list gives one map per size", {
    accepts: ["number", "list"],
    integer: true,
    min: 1,
  }),
  window: option("flat", "weight of gradients: by the bin they fall into, or by their own distance from the centre", {
    choices: ["flat", "gaussian"],
  }),
  window_size: option(2, "standard deviation of the Gaussian window in bins", { min: 0.1 }),
  pad: option(true, "repeat the border so that descriptors cover the whole picture; false: only where they fit"),
  magnif: option(null as number | null, "smooth by bin / magnif pixels first (PHOW: 6); null: no smoothing", {
    accepts: ["number"],
    min: 0.1,
  }),
  grey: option("uint8", "uint8: whole numbers 0..255; single: fractions 0..1 in single precision (PHOW)", {
    choices: ["uint8", "single"],
  }),
  contrast: option(0, "descriptors of a norm below this become zero, in the unit of grey (PHOW: 0.005)", { min: 0 }),
  quantize: option(false as boolean | "truncate", "whole numbers 0..255: true rounds, truncate cuts as VLFeat does", {
    choices: [false, true, "truncate"],
  }),
  rootsift: option(false, "square root of the descriptor divided by its sum"),
};

/**
 * Dense SIFT with VLFeat's numbers. Maps: one per bin size, named `sift-<bin>`, 128 channels
 * [y bin][x bin][orientation], values 0..255 (0..1 with rootsift), not of unit length.
 *
 * DSP's descriptors are `step=1 quantize=true` beside the defaults; VLFeat's own are `pad=false window=gaussian`; PHOW's
 * are `bin=[4,6,8,10] step=2 pad=false magnif=6 window_size=1.5 grey=single contrast=0.005 quantize=truncate`.
 */
export default {
  defaults,
  build({ card }, options) {
    const bins = binsOf(options.bin);
    const settings = { ...options, bin: bins };
    const describing: DenseSiftOptions = {
      bins,
      step: options.step,
      window: options.window as "flat" | "gaussian",
      windowSize: options.window_size,
      pad: options.pad,
      magnif: options.magnif,
      contrast: options.contrast,
      output: options.quantize === "truncate" ? "truncate" : options.quantize ? "round" : "float",
      rootsift: options.rootsift,
    };
    /** What `describe` finds at each bin size, with its name and lattice. */
    function found<Found extends Places>(
      image: Image,
      describe: (plane: ReturnType<typeof greyPlane>, options: DenseSiftOptions) => Found[],
    ) {
      const minimum = denseSiftMinimum(bins);
      if (!options.pad && Math.min(image.width, image.height) < minimum) {
        throw new InputError(
          `Cannot describe "${image.origin}" by dense SIFT: it has ${image.width}x${image.height} pixels and bins of ` +
            `${Math.max(...bins)} need ${minimum}x${minimum}; use pad=true or a smaller bin`,
        );
      }
      const frame = identityFrame({ width: image.width, height: image.height });
      return describe(greyPlane(image, options.grey as "uint8" | "single"), describing).map((found, i) => ({
        found,
        name: `sift-${bins[i]}`,
        lattice: {
          frame,
          grid: sampledGrid(found.rows, found.cols, { x: options.step, y: options.step }, found.origin),
        },
      }));
    }
    function mapsOf<Data>(
      image: Image,
      describe: (
        plane: ReturnType<typeof greyPlane>,
        options: DenseSiftOptions,
      ) => (Places & { readonly data: Data })[],
    ) {
      return found(image, describe).map(({ found: { data }, name, lattice }) => ({
        ...lattice,
        name,
        channels: 128,
        data,
      }));
    }
    const whole = options.quantize !== false && !options.rootsift;
    return {
      identity: `${card.name} v${card.version} ${JSON.stringify(settings)}`,
      // A tenth of a second makes them again; at every pixel they are 150 MB of a 640x480 picture.
      keep: "memory",
      // deno-lint-ignore require-await -- the contract is asynchronous, this backbone is not
      extract: async (image) => mapsOf(image, denseSift),
      // deno-lint-ignore require-await -- likewise
      ...(whole && { extractBytes: async (image: Image) => mapsOf(image, denseSiftBytes) }),
      ...(hasPlanes(describing) && {
        // deno-lint-ignore require-await -- likewise
        extractParts: async (image: Image) =>
          found(image, denseSiftPlanes).map(({ found, name, lattice }) => siftParts(found, name, lattice)),
      }),
    };
  },
} satisfies BackbonePlugin<typeof defaults>;

type Places = Pick<ReturnType<typeof denseSift>[number], "rows" | "cols" | "origin">;

/** @throws InputError unless `value` is a bin size or a list of them. */
function binsOf(value: OptionValue): number[] {
  const bins = [value].flat() as OptionValue[];
  if (bins.length > 0 && bins.every((bin) => Number.isInteger(bin) && (bin as number) >= 1)) return bins as number[];
  throw new InputError(
    `Cannot use ${
      JSON.stringify(value)
    } as bin of dense-sift: it takes a whole number of pixels or a list, as [4, 6, 8]`,
  );
}
