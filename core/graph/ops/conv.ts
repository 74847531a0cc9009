/**
 * Convolutions and pooling over [n, c, h, w].
 *
 * @module
 */
import type { Graph, Value } from "../graph.ts";

/** How a window moves over a picture. */
export interface WindowOptions {
  /** Pixels from window to window. Default 1 (convolution) or the window's side (pooling). */
  readonly stride?: number;
  /** Zeros (convolution) or nothing (pooling) around the picture, per side. Default 0. */
  readonly padding?: number;
  /** Pixels from tap to tap. Default 1. */
  readonly dilation?: number;
}

/** Options of {@linkcode conv}. */
export interface ConvOptions extends WindowOptions {
  /** Channels are split into so many groups that do not see each other. Default 1. */
  readonly groups?: number;
}

/** Side of a window operation's output. */
function outputSide(
  side: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
  ceil: boolean,
): number {
  const steps = (side + 2 * padding - dilation * (kernel - 1) - 1) / stride;
  let out = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  // A window that would start in the padding after the picture does not count.
  if (ceil && (out - 1) * stride >= side + padding) out--;
  return out;
}

function image(g: Graph, op: string, x: Value): [n: number, c: number, h: number, w: number] {
  if (x.shape.length !== 4) throw g.refuse(op, `expects [n, c, h, w] and got [${x.shape}]`);
  return x.shape as [number, number, number, number];
}

/**
 * Two-dimensional convolution (cross-correlation, as deep networks call it).
 *
 * @param x [n, c, h, w]
 * @param weight [out, c / groups, kh, kw]
 * @param bias [out]
 */
export function conv(g: Graph, x: Value, weight: Value, bias?: Value, options: ConvOptions = {}): Value {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const [n, c, h, w] = image(g, "convolution", x);
  const [out, inner, kh, kw] = weight.shape;
  if (weight.shape.length !== 4 || inner !== c / groups || out! % groups !== 0) {
    throw g.refuse("convolution", `expects a weight [out, ${c / groups}, kh, kw] and got [${weight.shape}]`);
  }
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== out)) {
    throw g.refuse("convolution", `expects a bias [${out}] and got [${bias.shape}]`);
  }
  const rows = outputSide(h, kh!, stride, padding, dilation, false);
  const cols = outputSide(w, kw!, stride, padding, dilation, false);
  return g.node("Conv", [x, weight, bias], [n, out!, rows, cols], {
    attributes: {
      kernel_shape: [kh!, kw!],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
      dilations: [dilation, dilation],
      group: groups,
    },
  });
}

/**
 * Transposed convolution (the gradient of a convolution, used to enlarge maps).
 *
 * @param weight [c, out, kh, kw]
 */
export function convTranspose(g: Graph, x: Value, weight: Value, bias?: Value, options: WindowOptions = {}): Value {
  const { stride = 1, padding = 0, dilation = 1 } = options;
  const [n, c, h, w] = image(g, "transposed convolution", x);
  const [inner, out, kh, kw] = weight.shape;
  if (weight.shape.length !== 4 || inner !== c) {
    throw g.refuse("transposed convolution", `expects a weight [${c}, out, kh, kw] and got [${weight.shape}]`);
  }
  const side = (from: number, k: number) => (from - 1) * stride - 2 * padding + dilation * (k - 1) + 1;
  return g.node("ConvTranspose", [x, weight, bias], [n, out!, side(h, kh!), side(w, kw!)], {
    attributes: {
      kernel_shape: [kh!, kw!],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
      dilations: [dilation, dilation],
    },
  });
}

function pool(op: "MaxPool" | "AveragePool") {
  return (g: Graph, x: Value, kernel: number, options: WindowOptions & { readonly ceil?: boolean } = {}): Value => {
    const { stride = kernel, padding = 0, ceil = false } = options;
    const [n, c, h, w] = image(g, op, x);
    const side = (from: number) => outputSide(from, kernel, stride, padding, 1, ceil);
    return g.node(op, [x], [n, c, side(h), side(w)], {
      attributes: {
        kernel_shape: [kernel, kernel],
        strides: [stride, stride],
        pads: [padding, padding, padding, padding],
        ceil_mode: ceil ? 1 : 0,
        // PyTorch's default: zeros of the padding count in the mean.
        count_include_pad: op === "AveragePool" ? 1 : undefined,
      },
    });
  };
}

/** Largest value of each square window. `ceil`: windows that reach over the edge count too. */
export const maxPool: ReturnType<typeof pool> = pool("MaxPool");
/** Mean of each square window, padding included. */
export const averagePool: ReturnType<typeof pool> = pool("AveragePool");

/** Mean over all positions: [n, c, h, w] -> [n, c, 1, 1]. */
export function globalAveragePool(g: Graph, x: Value): Value {
  const [n, c] = image(g, "global pooling", x);
  return g.node("GlobalAveragePool", [x], [n, c, 1, 1]);
}
