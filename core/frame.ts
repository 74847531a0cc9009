/**
 * The only file that converts coordinates: original pixels -> network pixels (Frame) -> cells (Grid), and back.
 *
 * @module
 */
import { ConfigError } from "./errors.ts";
import type { AxisMap, Cells, CoordinateConvention, FeatureMap, Frame, Grid, Lattice, Points, Size } from "./types.ts";

/** Points from [x, y] pairs. */
export function pointsOf(pairs: readonly (readonly [number, number])[]): Points {
  return { n: pairs.length, xy: Float64Array.from(pairs.flat()) };
}

function axis(from: number, to: number, convention: CoordinateConvention): AxisMap {
  if (convention === "half-pixel") {
    const scale = to / from;
    return { scale, shift: 0.5 * scale - 0.5 };
  }
  // A side of one pixel has no extent to divide: its only point maps to 0.
  return { scale: from > 1 ? (to - 1) / (from - 1) : 0, shift: 0 };
}

/** The frame of a picture that is used as it is. */
export function identityFrame(size: Size): Frame {
  return stretchFrame(size, size, "half-pixel");
}

/**
 * The frame of a picture stretched to `network` without keeping its aspect.
 *
 * `half-pixel` is where resizing really puts the pixels; `align-corners` is the rule
 * `x' = x / (W - 1) * (W' - 1)` that the survey's code uses for points (PAPER A6).
 */
export function stretchFrame(original: Size, network: Size, convention: CoordinateConvention = "half-pixel"): Frame {
  return {
    convention,
    // Copies: a picture is a Size too, and a frame that held one would carry its pixels into every stored header.
    original: { width: original.width, height: original.height },
    network: { width: network.width, height: network.height },
    x: axis(original.width, network.width, convention),
    y: axis(original.height, network.height, convention),
  };
}

/**
 * The frame of a picture resized to `resized` and placed at `offset` inside `network` (zero padding around it).
 * Half-pixel: p' = (p + 0.5) * scale - 0.5 + offset.
 */
export function paddedFrame(original: Size, resized: Size, offset: { x: number; y: number }, network: Size): Frame {
  const inner = stretchFrame(original, resized, "half-pixel");
  return {
    ...inner,
    network: { width: network.width, height: network.height },
    x: { scale: inner.x.scale, shift: inner.x.shift + offset.x },
    y: { scale: inner.y.scale, shift: inner.y.shift + offset.y },
  };
}

/**
 * The grid of a network with an output of `rows` x `cols` cells over `network` pixels.
 *
 * `half-pixel`: cell i of stride s is centred at (i + 0.5) * s - 0.5. `align-corners`: the first and last cells lie on
 * the first and last pixels.
 */
export function divideGrid(network: Size, rows: number, cols: number, convention: CoordinateConvention): Grid {
  if (convention === "half-pixel") {
    const stride = { x: network.width / cols, y: network.height / rows };
    return { convention, rows, cols, stride, origin: { x: 0.5 * stride.x - 0.5, y: 0.5 * stride.y - 0.5 } };
  }
  const step = (pixels: number, cells: number) => cells > 1 ? (pixels - 1) / (cells - 1) : 1;
  const stride = { x: step(network.width, cols), y: step(network.height, rows) };
  return { convention, rows, cols, stride, origin: { x: 0, y: 0 } };
}

/** The grid of descriptors computed at `origin + i * stride` network pixels. */
export function sampledGrid(
  rows: number,
  cols: number,
  stride: { x: number; y: number },
  origin: { x: number; y: number },
): Grid {
  return { convention: "sampled", rows, cols, stride, origin };
}

/**
 * A map read by ratios alone, x' = x * cols / width with no half pixel anywhere: a point at p lies in cell floor(p'), and
 * a cell means its upper left corner (MMNet).
 */
export function upperLeftLattice(original: Size, rows: number, cols: number): Lattice {
  const size = { width: original.width, height: original.height };
  const plain: AxisMap = { scale: 1, shift: 0 };
  return {
    frame: { convention: "half-pixel", original: size, network: size, x: plain, y: plain },
    grid: sampledGrid(rows, cols, { x: size.width / cols, y: size.height / rows }, { x: 0, y: 0 }),
  };
}

/**
 * The same map read under another convention of frame and grid (the survey reads a half-pixel network corner-aligned).
 *
 * @throws ConfigError where the picture does not fill the network's: the rule names corners of the picture, and those of
 * a padded one lie elsewhere.
 */
export function withConvention(map: FeatureMap, convention: CoordinateConvention): FeatureMap {
  if (!isStretched(map.frame)) {
    throw new ConfigError(
      `Cannot read map ${map.name} as ${convention}: that needs a stretched picture and this one is padded or shifted; ` +
        "set backbone.fit=stretch, or the method's convention to native where it has one",
    );
  }
  return {
    ...map,
    frame: stretchFrame(map.frame.original, map.frame.network, convention),
    grid: divideGrid(map.frame.network, map.grid.rows, map.grid.cols, convention),
  };
}

/** Whether the picture fills the network's, by the frame's own convention. */
function isStretched({ original, network, convention, x, y }: Frame): boolean {
  const whole = stretchFrame(original, network, convention);
  // Rounding of doubles is far below either bound, a padding of one pixel (1 / side of scale) far above.
  const same = (a: AxisMap, b: AxisMap) => Math.abs(a.scale - b.scale) < 1e-9 && Math.abs(a.shift - b.shift) < 1e-6;
  return same(x, whole.x) && same(y, whole.y);
}

/**
 * Where cells lie for code that multiplies coordinates by the ratio of the sides (CHM, DHPF, TransforMatcher): the point
 * 0 stays 0, the outer cells lie on the outer borders, 0 and the side itself, and the others evenly between.
 *
 * @param rows of the cells, which need not be the map's own (a resized volume has others)
 * @throws ConfigError where the picture does not fill the network's, as in {@linkcode withConvention}.
 */
export function ratioLattice({ name, frame }: FeatureMap, rows: number, cols: number): Lattice {
  if (!isStretched(frame)) {
    throw new ConfigError(
      `Cannot read map ${name} by the ratio of sides: that needs a stretched picture and this one is padded or shifted; ` +
        "set backbone.fit=stretch, or the method's convention to native",
    );
  }
  const { original, network } = frame;
  const line = (from: number, to: number): AxisMap => ({ scale: to / from, shift: 0 });
  const step = (pixels: number, cells: number) => cells > 1 ? pixels / (cells - 1) : 1;
  return {
    frame: { ...frame, x: line(original.width, network.width), y: line(original.height, network.height) },
    grid: sampledGrid(rows, cols, { x: step(network.width, cols), y: step(network.height, rows) }, { x: 0, y: 0 }),
  };
}

/** The cells of a map whose values were resized to `rows` x `cols`, corner cells staying where they are. */
export function resizedLattice({ frame, grid }: Lattice, rows: number, cols: number): Lattice {
  const step = (stride: number, from: number, to: number) =>
    from > 1 && to > 1 ? stride * (from - 1) / (to - 1) : stride;
  const stride = { x: step(grid.stride.x, grid.cols, cols), y: step(grid.stride.y, grid.rows, rows) };
  return { frame, grid: sampledGrid(rows, cols, stride, grid.origin) };
}

/** Original pixels -> cells (floats, unclamped). */
export function toCells(points: Points, { frame, grid }: Lattice): Cells {
  const xy = new Float64Array(points.n * 2);
  for (let i = 0; i < xy.length; i += 2) {
    xy[i] = (points.xy[i]! * frame.x.scale + frame.x.shift - grid.origin.x) / grid.stride.x;
    xy[i + 1] = (points.xy[i + 1]! * frame.y.scale + frame.y.shift - grid.origin.y) / grid.stride.y;
  }
  return { n: points.n, xy };
}

/** Cells -> original pixels (floats, unclamped). An axis of a one-pixel picture maps to 0. */
export function toPoints(cells: Cells, { frame, grid }: Lattice): Points {
  const xy = new Float64Array(cells.n * 2);
  const back = (p: number, a: AxisMap) => a.scale === 0 ? 0 : (p - a.shift) / a.scale;
  for (let i = 0; i < xy.length; i += 2) {
    xy[i] = back(cells.xy[i]! * grid.stride.x + grid.origin.x, frame.x);
    xy[i + 1] = back(cells.xy[i + 1]! * grid.stride.y + grid.origin.y, frame.y);
  }
  return { n: cells.n, xy };
}

/** Points moved to the nearest position inside the picture: [0, width - 1] x [0, height - 1]. */
export function clampPoints(points: Points, size: Size): Points {
  const xy = points.xy.slice();
  for (let i = 0; i < xy.length; i += 2) {
    xy[i] = Math.min(Math.max(xy[i]!, 0), size.width - 1);
    xy[i + 1] = Math.min(Math.max(xy[i + 1]!, 0), size.height - 1);
  }
  return { n: points.n, xy };
}
