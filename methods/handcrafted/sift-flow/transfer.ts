/**
 * From displacements in cells to points in pictures.
 *
 * @module
 */
import { clampPoints, toCells, toPoints } from "../../../core/frame.ts";
import type { ByteMap, Cells, Flow, Image, Matches, Pair, Points } from "../../../core/types.ts";

/**
 * Every point moves as its nearest cell (halves up) does, without interpolation, and is kept inside the target: the
 * rule of the recorded results. The score is minus the L1 distance of the descriptors at both ends.
 *
 * @param flow [rows][cols][2]: displacements (x, y) in cells
 */
export function follow(maps: Pair<ByteMap>, flow: Int32Array, points: Points, target: Image): Matches {
  const { source } = maps;
  const { rows, cols } = source.grid;
  const from = toCells(points, source);
  const to = new Float64Array(2 * points.n);
  const score = new Float32Array(points.n);
  for (let i = 0; i < points.n; i++) {
    const x = nearest(from.xy[2 * i]!, cols), y = nearest(from.xy[2 * i + 1]!, rows);
    const at = y * cols + x;
    to[2 * i] = from.xy[2 * i]! + flow[2 * at]!;
    to[2 * i + 1] = from.xy[2 * i + 1]! + flow[2 * at + 1]!;
    score[i] = -distance(maps, at, x + flow[2 * at]!, y + flow[2 * at + 1]!);
  }
  return { ...clampPoints(toPoints({ n: points.n, xy: to }, maps.target), target), score };
}

/** The field in pixels of the target; positions out of it are moved to its border. */
export function denseFlow({ source, target }: Pair<ByteMap>, flow: Int32Array, picture: Image): Flow {
  const { rows, cols } = source.grid;
  const xy = new Float64Array(2 * rows * cols);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++, i += 2) {
      xy[i] = x + flow[i]!;
      xy[i + 1] = y + flow[i + 1]!;
    }
  }
  const cells: Cells = { n: rows * cols, xy };
  const data = Float32Array.from(clampPoints(toPoints(cells, target), picture).xy);
  return { source: lattice(source), target: lattice(target), data };
}

const lattice = ({ frame, grid }: ByteMap) => ({ frame, grid });

function nearest(v: number, n: number): number {
  return Math.min(Math.max(Math.floor(v + 0.5), 0), n - 1);
}

function distance({ source, target }: Pair<ByteMap>, at: number, x: number, y: number): number {
  const { rows, cols } = target.grid;
  const to = Math.min(Math.max(y, 0), rows - 1) * cols + Math.min(Math.max(x, 0), cols - 1);
  const { channels } = source;
  let sum = 0;
  for (let c = 0; c < channels; c++) {
    sum += Math.abs(source.data[at * channels + c]! - target.data[to * channels + c]!);
  }
  return sum;
}
