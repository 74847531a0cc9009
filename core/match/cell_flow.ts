/**
 * From whole displacements of cells to points in pictures.
 *
 * @module
 */
import { clampPoints, toCells, toPoints } from "../frame.ts";
import type { Flow, Image, Lattice, Matches, Pair, Points } from "../types.ts";

/**
 * Every point moves as its nearest cell (halves up) does, without interpolation, and is kept inside the target: the
 * rule of the recorded results.
 *
 * @param flow [rows][cols][2]: displacements (x, y) in cells
 * @param scoreOf of a source cell, row * cols + col
 */
export function follow(
  maps: Pair<Lattice>,
  flow: Int32Array,
  scoreOf: (cell: number) => number,
  points: Points,
  target: Image,
): Matches {
  const { rows, cols } = maps.source.grid;
  const from = toCells(points, maps.source);
  const xy = new Float64Array(2 * points.n);
  const score = new Float32Array(points.n);
  const nearest = (v: number, n: number) => Math.min(Math.max(Math.floor(v + 0.5), 0), n - 1);
  for (let i = 0; i < points.n; i++) {
    const at = nearest(from.xy[2 * i + 1]!, rows) * cols + nearest(from.xy[2 * i]!, cols);
    xy[2 * i] = from.xy[2 * i]! + flow[2 * at]!;
    xy[2 * i + 1] = from.xy[2 * i + 1]! + flow[2 * at + 1]!;
    score[i] = scoreOf(at);
  }
  return { ...clampPoints(toPoints({ n: points.n, xy }, maps.target), target), score };
}

/**
 * The field in pixels of the target; positions out of it are moved to its border.
 *
 * @param flow [rows][cols][2]: displacements (x, y) in cells
 */
export function denseFlow({ source, target }: Pair<Lattice>, flow: Int32Array, picture: Image): Flow {
  const { rows, cols } = source.grid;
  const data = new Float32Array(2 * rows * cols);
  // Row by row: in double precision the whole field would take six times its memory on the way.
  const xy = new Float64Array(2 * cols);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++, i += 2) {
      xy[2 * x] = x + flow[i]!;
      xy[2 * x + 1] = y + flow[i + 1]!;
    }
    data.set(clampPoints(toPoints({ n: cols, xy }, target), picture).xy, 2 * y * cols);
  }
  return {
    source: { frame: source.frame, grid: source.grid },
    target: { frame: target.frame, grid: target.grid },
    data,
  };
}
