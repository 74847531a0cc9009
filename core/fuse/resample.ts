/**
 * Feature maps on other grids.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import { toCells, toPoints } from "../frame.ts";
import { resizeHwc } from "../image/resize.ts";
import { sampleMap } from "../match/sample.ts";
import type { Cells, FeatureMap, Grid, Lattice } from "../types.ts";

/**
 * How a map meets another grid, always bilinear.
 *
 * `geometry`: at the places in the picture where the grid's cells lie, borders repeated. The others take arrays as torch
 * does, whatever the frames say of fractions of a cell: `half-pixel` is `align_corners=False`, which `geometry` equals
 * where both maps divide the same picture (SD-DINO), `align-corners` lets first and last cells coincide (HPF, the survey).
 */
export type Resampling = "geometry" | "half-pixel" | "align-corners";

/** The centres of all cells, row by row. */
export function cellsOf({ rows, cols }: Pick<Grid, "rows" | "cols">): Cells {
  const xy = new Float64Array(2 * rows * cols);
  for (let y = 0, at = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      xy[at++] = x;
      xy[at++] = y;
    }
  }
  return { n: rows * cols, xy };
}

/**
 * A map with the cells of another lattice of the same picture; the map itself where it has them already.
 *
 * @throws ConfigError for arrays as they are where the two see different parts of the picture (one padded, one stretched).
 */
export function resampleMap(map: FeatureMap, to: Lattice, how: Resampling): FeatureMap {
  const { rows, cols } = to.grid;
  if (how !== "geometry") {
    if (!seesTheSame(map, to)) {
      throw new ConfigError(
        `Cannot lay map "${map.name}" on another map's grid: its picture was fitted in another way; ` +
          "give every part the same fit (stretch, pad, longest-side)",
      );
    }
    const from = { rows: map.grid.rows, cols: map.grid.cols, channels: map.channels };
    const same = from.rows === rows && from.cols === cols;
    const options = { kernel: "bilinear", alignCorners: how === "align-corners" } as const;
    const data = same ? map.data : resizeHwc(map.data, from, { rows, cols }, options);
    return { ...map, frame: to.frame, grid: to.grid, data };
  }
  const places = toCells(toPoints(cellsOf(to.grid), to), map);
  const same = map.grid.rows === rows && map.grid.cols === cols && isIdentity(places, cols);
  return { ...map, frame: to.frame, grid: to.grid, data: same ? map.data : sampleMap(map, places) };
}

/** Moves by less than a thousandth of a cell are rounding of the frames, and cost more than they say. */
const STILL = 1e-3;

function isIdentity({ n, xy }: Cells, cols: number): boolean {
  for (let i = 0; i < n; i++) {
    const x = i % cols, y = (i - x) / cols;
    if (!(Math.abs(xy[2 * i]! - x) < STILL && Math.abs(xy[2 * i + 1]! - y) < STILL)) return false;
  }
  return true;
}

/** Whether two networks see the picture at the same place of what they read, to one in a hundred. */
function seesTheSame({ frame: a }: Lattice, { frame: b }: Lattice): boolean {
  const share = (p: number, axis: { scale: number; shift: number }, size: number) =>
    (p * axis.scale + axis.shift + 0.5) / size;
  const { width, height } = a.original;
  const near = (p: number, side: "x" | "y", size: "width" | "height") =>
    Math.abs(share(p, a[side], a.network[size]) - share(p, b[side], b.network[size])) < 0.01;
  return near(0, "x", "width") && near(width - 1, "x", "width") && near(0, "y", "height") &&
    near(height - 1, "y", "height");
}

/** The grid whose cells divide each cell of `grid` into `factor` x `factor`. */
export function finerGrid(grid: Grid, factor: number): Grid {
  const rows = grid.rows * factor;
  const cols = grid.cols * factor;
  if (grid.convention === "align-corners") {
    // Corner cells stay where they are, so that the picture is divided by one cell less.
    const step = (stride: number, from: number, to: number) => to > 1 ? stride * (from - 1) / (to - 1) : stride;
    const stride = { x: step(grid.stride.x, grid.cols, cols), y: step(grid.stride.y, grid.rows, rows) };
    return { ...grid, rows, cols, stride };
  }
  const stride = { x: grid.stride.x / factor, y: grid.stride.y / factor };
  const first = (origin: number, coarse: number, fine: number) => origin - (coarse - fine) / 2;
  return {
    ...grid,
    rows,
    cols,
    stride,
    origin: { x: first(grid.origin.x, grid.stride.x, stride.x), y: first(grid.origin.y, grid.stride.y, stride.y) },
  };
}
