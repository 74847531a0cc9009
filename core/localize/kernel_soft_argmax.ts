import { option } from "../option.ts";
import type { LocalizerPlugin } from "../types.ts";
import { locateEach } from "./_each_row.ts";
import { kernelSoftArgmaxRow } from "./rows.ts";

const defaults = {
  temperature: option(0.03, "soft-max temperature, in units of similarity", { min: 1e-6 }),
  sigma: option(7, "standard deviation of the Gaussian around the best cell, in cells", { min: 1e-3 }),
};

/**
 * Soft-argmax of similarities multiplied by a Gaussian around the best cell (SFNet, Lee et al. CVPR 2019). Defaults: those
 * the survey evaluates with.
 */
export const kernelSoftArgmax = {
  doc: "soft-argmax of similarities multiplied by a Gaussian around the best cell",
  defaults,
  build: ({ temperature, sigma }) => ({
    localize: (volume, queries) =>
      locateEach(volume, queries, (row, cols) => kernelSoftArgmaxRow(row, cols, temperature, sigma)),
  }),
} satisfies LocalizerPlugin<typeof defaults>;
