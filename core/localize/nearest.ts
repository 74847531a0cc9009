import type { LocalizerPlugin } from "../types.ts";
import { locateEach } from "./_each_row.ts";
import { argmaxRow } from "./rows.ts";

/** The target cell of the greatest similarity: integer positions. */
export const nearest = {
  doc: "the target cell of the greatest similarity",
  defaults: {},
  build: () => ({
    localize: (volume, queries) =>
      locateEach(volume, queries, (row, cols) => {
        const best = argmaxRow(row);
        return best < 0 ? { x: NaN, y: NaN } : { x: best % cols, y: Math.floor(best / cols) };
      }),
  }),
} satisfies LocalizerPlugin;
