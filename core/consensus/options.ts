import { option } from "../option.ts";

/** How points are carried along the volume; every method of the family has these options. */
export const transferOptions = {
  readout: option(
    "bilinear",
    "how a point finds its match: bilinear blends the matches of the four cells around it, nearest takes the nearest " +
      "cell's, localizer leaves it to localizer=",
    { choices: ["bilinear", "nearest", "localizer"] },
  ),
  convention: option("align-corners", "geometry of cells: the papers' align-corners, or the backbone's own", {
    choices: ["align-corners", "native"],
  }),
  first_pixel: option(
    0,
    "coordinate of the first pixel's centre in the points; 1 for annotations that count from 1, as the official transfer does",
    { choices: [0, 1] },
  ),
};

/** Values of {@linkcode transferOptions}. */
export interface TransferOptions {
  readonly readout: string;
  readonly convention: string;
  readonly first_pixel: number;
}
