/**
 * Resampling of maps [n, c, h, w].
 *
 * @module
 */
import type { Graph, Value } from "../graph.ts";

/** How positions of the output map to the input, as PyTorch names it. */
export interface ResizeOptions {
  readonly mode: "nearest" | "bilinear" | "bicubic";
  /** Centres of corner pixels coincide; otherwise the half-pixel rule. Not for "nearest". Default false. */
  readonly alignCorners?: boolean;
}

/** Enlarges or shrinks to `rows` x `cols` without anti-aliasing; bicubic uses a = -0.75 as PyTorch does. */
export function resize(g: Graph, x: Value, rows: number, cols: number, options: ResizeOptions): Value {
  const [n, c] = x.shape;
  if (x.shape.length !== 4) throw g.refuse("resize", `expects [n, c, h, w] and got [${x.shape}]`);
  if (options.mode === "nearest" && options.alignCorners) throw g.refuse("resize", `"nearest" has no aligned corners`);
  const shape = [n!, c!, rows, cols];
  // PyTorch's half-pixel bilinear and bicubic rules are ONNX's "pytorch_half_pixel" except for sides of one pixel,
  // where PyTorch itself uses half_pixel. Its "nearest" takes floor(i * in / out).
  const transform = options.mode === "nearest" ? "asymmetric" : options.alignCorners ? "align_corners" : "half_pixel";
  return g.node("Resize", [x, undefined, undefined, g.integers(shape)], shape, {
    attributes: {
      mode: { nearest: "nearest", bilinear: "linear", bicubic: "cubic" }[options.mode],
      coordinate_transformation_mode: transform,
      nearest_mode: options.mode === "nearest" ? "floor" : undefined,
      cubic_coeff_a: { float: -0.75 },
    },
  });
}

/** Options of {@linkcode gridSample}. */
export interface GridSampleOptions {
  readonly mode?: "bilinear" | "nearest" | "bicubic";
  /** What lies outside the picture. Default "zeros". */
  readonly outside?: "zeros" | "border" | "reflection";
  /** -1 and 1 are the centres of the corner pixels; otherwise their outer edges. */
  readonly alignCorners: boolean;
}

/**
 * Values of `x` at given positions.
 *
 * @param x [n, c, h, w]
 * @param grid [n, rows, cols, 2]: x, y in [-1, 1]
 * @returns [n, c, rows, cols]
 */
export function gridSample(g: Graph, x: Value, grid: Value, options: GridSampleOptions): Value {
  const [n, c] = x.shape;
  const [m, rows, cols, two] = grid.shape;
  if (x.shape.length !== 4 || grid.shape.length !== 4 || two !== 2 || m !== n) {
    throw g.refuse(
      "grid sample",
      `expects [n, c, h, w] and [n, rows, cols, 2] and got [${x.shape}] and [${grid.shape}]`,
    );
  }
  const mode = { bilinear: "linear", nearest: "nearest", bicubic: "cubic" }[options.mode ?? "bilinear"];
  return g.node("GridSample", [x, grid], [n!, c!, rows!, cols!], {
    attributes: { mode, padding_mode: options.outside ?? "zeros", align_corners: options.alignCorners ? 1 : 0 },
  });
}
