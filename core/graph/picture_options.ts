import { InputError } from "../errors.ts";
import { FIT_MODES, type FitMode, type FitOptions, type Resampler, RESAMPLERS } from "../image/fit.ts";
import { option } from "../option.ts";
import type { Image, OptionsOf, OptionValue, Size } from "../types.ts";

/** Mean and standard deviation per channel, of values in [0, 1]. */
export const NORMALISATIONS = {
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  clip: { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] },
  half: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  unit: { mean: [0, 0, 0], std: [1, 1, 1] },
  bytes: { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] },
} as const;

/** A key of {@linkcode NORMALISATIONS}. */
export type Normalisation = keyof typeof NORMALISATIONS;

/** How a picture becomes the input of a network; every learned backbone has these options, with its own defaults. */
export function pictureOptions(defaults: { size: number; normalise: Normalisation }) {
  return {
    fit: option("stretch", "how a picture meets the network: stretch, pad, longest-side, or none (its own size)", {
      choices: FIT_MODES,
    }),
    size: option(
      defaults.size as OptionValue,
      "side in pixels the network sees, or [width, height]; not read by fit=none",
      {
        accepts: ["number", "null", "list"],
        integer: true,
        min: 1,
      },
    ),
    enlarge: option(true, "fit=longest-side enlarges smaller pictures too; false: it leaves them as they are (HPF)"),
    resample: option("torch-bilinear", "whose resampling of pictures, with which kernel", { choices: RESAMPLERS }),
    normalise: option(defaults.normalise as string, "mean and deviation taken off the pixels", {
      choices: Object.keys(NORMALISATIONS),
    }),
  };
}

/** Values of {@linkcode pictureOptions}. */
export type PictureOptions = OptionsOf<ReturnType<typeof pictureOptions>>;

/** The fit these options ask for, for a network whose sides must be multiples of `multiple`. */
export function fitOf(options: PictureOptions, multiple: number): FitOptions {
  const { enlarge } = options;
  const size = sizeOf(options.size, options.fit);
  return { mode: options.fit as FitMode, size, resample: options.resample as Resampler, multiple, enlarge };
}

function sizeOf(size: OptionValue, mode: string): number | Size | null {
  if (!Array.isArray(size)) return size as number | null;
  const [width, height] = size;
  if (size.length === 2 && typeof width === "number" && typeof height === "number" && mode === "stretch") {
    return { width, height };
  }
  throw new InputError(
    `Cannot fit a picture by "${mode}" to size ${
      JSON.stringify(size)
    }: fit=stretch takes [width, height] in pixels, the ` +
      "others one side",
  );
}

/**
 * Pixels as a network reads them: (value / 255 - mean) / std, one plane per channel.
 *
 * @param pixels [height][width][3], 0..255
 * @returns [3][height][width]
 */
export function normalisedPlanes(
  pixels: Float32Array,
  { width, height }: Pick<Image, "width" | "height">,
  normalisation: Normalisation,
): Float32Array<ArrayBuffer> {
  const { mean, std } = NORMALISATIONS[normalisation];
  const count = width * height;
  const planes = new Float32Array(3 * count);
  for (let c = 0; c < 3; c++) {
    const scale = 1 / (255 * std[c]!);
    const shift = -mean[c]! / std[c]!;
    for (let i = 0, from = c, to = c * count; i < count; i++, from += 3, to++) {
      planes[to] = pixels[from]! * scale + shift;
    }
  }
  return planes;
}
