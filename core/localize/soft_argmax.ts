import { option } from "../option.ts";
import type { LocalizerPlugin } from "../types.ts";
import { locateEach } from "./_each_row.ts";
import { softArgmaxRow } from "./rows.ts";

const defaults = {
  temperature: option(0.03, "soft-max temperature, in units of similarity", { min: 1e-6 }),
};

/** The expected position under the soft-max over all target cells. Default temperature: the survey's 0.03. */
export const softArgmax = {
  doc: "expected position under the soft-max over all target cells",
  defaults,
  build: ({ temperature }) => ({
    localize: (volume, queries) => locateEach(volume, queries, (row, cols) => softArgmaxRow(row, cols, temperature)),
  }),
} satisfies LocalizerPlugin<typeof defaults>;
