import { option } from "../option.ts";
import type { LocalizerPlugin } from "../types.ts";
import { locateEach } from "./_each_row.ts";
import { type OutsideRule, windowSoftArgmaxRow } from "./rows.ts";

const defaults = {
  temperature: option(0.02, "soft-max temperature, in units of similarity", { min: 1e-6 }),
  window: option(7, "cells to each side of the best cell; 7 is a window of 15x15", { min: 0, integer: true }),
  outside: option(
    "zero",
    "similarities outside the window: zero keeps them in the soft-max with similarity 0 (the official code), masked " +
      "leaves them out",
    { choices: ["zero", "masked"] },
  ),
};

/** Soft-argmax in a window around the best cell (GeoAware-SC, Zhang et al. CVPR 2024). Defaults: the paper's. */
export const windowSoftArgmax = {
  doc: "soft-argmax inside a window around the best cell",
  defaults,
  build: ({ temperature, window, outside }) => ({
    localize: (volume, queries) =>
      locateEach(
        volume,
        queries,
        (row, cols) => windowSoftArgmaxRow(row, cols, temperature, window, outside as OutsideRule),
      ),
  }),
} satisfies LocalizerPlugin<typeof defaults>;
