import type { Cells, CostVolume, Lattice, Matcher } from "../../../core/types.ts";

/**
 * A matcher whose queries are the cells that hold them: positions are not interpolated but rounded down to the cell, by
 * `floor(pixel / stride)` as SD-DINO and its successors do.
 */
export function wholeCells(matcher: Matcher): Matcher {
  return {
    async match(maps) {
      const volume = await matcher.match(maps) as CostVolume;
      return {
        source: volume.source,
        target: volume.target,
        rows: (cells) => volume.rows(cells),
        sample: (cells) => volume.rows(holding(cells, volume.source)),
        dense: () => volume.dense(),
      };
    },
  };
}

/** Indices of the cells that hold the positions; positions outside belong to the nearest cell. */
export function holding({ n, xy }: Cells, { grid: { rows, cols, stride, origin } }: Lattice): Int32Array {
  // A position is a pixel minus the first centre, in strides: the centre's own share of a stride belongs back.
  const [backX, backY] = [origin.x / stride.x, origin.y / stride.y];
  const within = (value: number, count: number) => Math.min(Math.max(Math.floor(value), 0), count - 1);
  return Int32Array.from(
    { length: n },
    (_, i) => within(xy[2 * i + 1]! + backY, rows) * cols + within(xy[2 * i]! + backX, cols),
  );
}
