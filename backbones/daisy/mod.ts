import { daisy, daisyMinimum, type DaisyNormalization } from "../../core/descriptor/daisy.ts";
import { greyPlane } from "../../core/descriptor/grey.ts";
import { replicatePad } from "../../core/descriptor/plane.ts";
import { InputError } from "../../core/errors.ts";
import { identityFrame, sampledGrid } from "../../core/frame.ts";
import { option } from "../../core/option.ts";
import type { BackbonePlugin, OptionValue } from "../../core/types.ts";

const defaults = {
  step: option(4, "pixels between descriptors", { integer: true, min: 1 }),
  radius: option(15, "radius of the outermost ring in pixels", { integer: true, min: 1 }),
  rings: option(3, "rings of histograms around the centre", { integer: true, min: 1 }),
  histograms: option(8, "histograms on each ring", { integer: true, min: 1 }),
  orientations: option(8, "orientations of a histogram", { integer: true, min: 1 }),
  normalization: option("l1", "sum 1, length 1, each histogram of length 1, or none", {
    choices: ["l1", "l2", "daisy", "off"],
  }),
  sigmas: option(
    null as OptionValue,
    "smoothing: a list for centre and first ring, second ring, ..., and one unused (scikit-image); null: from radius",
    { accepts: ["list"] },
  ),
  pad: option(true, "repeat the border so that descriptors cover the whole picture; false: only where they fit"),
};

/** DAISY with scikit-image's numbers: one map named `daisy` of (rings * histograms + 1) * orientations channels. */
export default {
  defaults,
  build({ card }, options) {
    const { radius, step, pad } = options;
    const sigmas = sigmasOf(options.sigmas, options.rings);
    return {
      identity: `${card.name} v${card.version} ${JSON.stringify(options)}`,
      // deno-lint-ignore require-await -- the contract is asynchronous, this backbone is not
      async extract(image) {
        const { width, height } = image;
        const minimum = daisyMinimum(radius);
        if (!pad && Math.min(width, height) < minimum) {
          throw new InputError(
            `Cannot describe "${image.origin}" by DAISY: it has ${width}x${height} pixels and a radius of ${radius} ` +
              `needs ${minimum}x${minimum}; use pad=true or a smaller radius`,
          );
        }
        const grey = greyPlane(image);
        const unit = { ...grey, data: grey.data.map((value) => value / 255) };
        const { rows, cols, channels, origin, data } = daisy(
          pad ? replicatePad(unit, { left: radius, top: radius, right: radius, bottom: radius }) : unit,
          { ...options, sigmas, normalization: options.normalization as DaisyNormalization },
        );
        const inside = pad ? { x: 0, y: 0 } : origin;
        return [{
          name: "daisy",
          channels,
          data,
          frame: identityFrame({ width, height }),
          grid: sampledGrid(rows, cols, { x: step, y: step }, inside),
        }];
      },
    };
  },
} satisfies BackbonePlugin<typeof defaults>;

/** @throws InputError unless `value` is null or rings + 1 positive numbers. */
function sigmasOf(value: OptionValue, rings: number): number[] | undefined {
  if (value === null) return undefined;
  if (Array.isArray(value) && value.length === rings + 1 && value.every((s) => typeof s === "number" && s > 0)) {
    return value as number[];
  }
  throw new InputError(
    `Cannot use ${JSON.stringify(value)} as sigmas of daisy: ${rings} rings take a list of ${
      rings + 1
    } positive numbers`,
  );
}
