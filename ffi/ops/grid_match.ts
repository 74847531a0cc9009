import type { Engine } from "../engine.ts";
import { type MapPair, translationCosts as defineCosts, windowMatch as defineWindow } from "../reference/grid_match.ts";
import type { Input, Tensor } from "../tensor.ts";

/** Which translations, of which pixels; see `ffi/reference/grid_match.ts`. */
export interface TranslationOptions {
  /** Pixels between the pixels of the grid, and between translations. */
  readonly step: number;
  /** Translations step * (-nx .. nx, -ny .. ny). */
  readonly nx: number;
  readonly ny: number;
  /** Largest cost, and the cost of leading out of the target. */
  readonly bound: number;
}

/** How a window is searched; see `ffi/reference/grid_match.ts`. */
export interface WindowMatchOptions {
  /** int32 [rows][cols][2]: displacements (x, y) at the centres of the windows. */
  readonly start: Int32Array;
  /** Displacements up to so far from the start on each axis, and the step between those that are tried. */
  readonly radius: number;
  readonly step: number;
  /** Cost per pixel of difference from the start. */
  readonly penalty: number;
  /** Cost of leading out of the target. */
  readonly outside: number;
}

/** A flow and its distances. */
export interface WindowMatchResult extends Disposable {
  /** int32 [rows][cols][2] */
  readonly flow: Tensor;
  /** [rows][cols] */
  readonly cost: Tensor;
}

type Sizes = Omit<MapPair, "a" | "b">;

function sizes(a: Input, b: Input): Sizes {
  const [height, width, channels] = a.shape, [targetHeight, targetWidth, other] = b.shape;
  if (
    a.shape.length !== 3 || b.shape.length !== 3 || height === undefined || width === undefined ||
    channels === undefined || targetHeight === undefined || targetWidth === undefined
  ) throw new RangeError(`Cannot match [${a.shape}] with [${b.shape}]: both need the shape [rows, cols, channels]`);
  if (channels !== other) throw new RangeError(`Cannot match ${channels} channels with ${other}`);
  return { height, width, channels, targetHeight, targetWidth };
}

/** See {@linkcode Ops.translationCosts}. */
export async function translationCosts(
  engine: Engine,
  a: Input,
  b: Input,
  { step, nx, ny, bound }: TranslationOptions,
): Promise<Tensor> {
  const size = sizes(a, b);
  const shape = [2 * nx + 1, 2 * ny + 1, Math.ceil(size.width / step), Math.ceil(size.height / step)];
  const [out] = await engine.run({
    name: "sc_translation_costs",
    args: [a, b, step, nx, ny, bound],
    outputs: [{ shape }],
    work: shape.reduce((product, side) => product * side, size.channels),
    reference: (values, _ints, out) =>
      defineCosts({ ...size, a: values(a), b: values(b) }, step, nx, ny, bound, out.float(0)),
  });
  return out!;
}

/** See {@linkcode Ops.windowMatch}. */
export async function windowMatch(
  engine: Engine,
  a: Input,
  b: Input,
  options: WindowMatchOptions,
): Promise<WindowMatchResult> {
  const size = sizes(a, b);
  const { start, radius, step, penalty, outside } = options;
  const { height, width } = size;
  const [flow, cost] = await engine.run({
    name: "sc_window_match",
    args: [a, b, { data: start, shape: [height, width, 2] }, radius, step, penalty, outside],
    outputs: [{ dtype: "int32", shape: [height, width, 2] }, { shape: [height, width] }],
    work: height * width * size.channels * (2 * radius / step + 1) ** 2,
    reference: (values, _ints, out) =>
      defineWindow({ ...size, a: values(a), b: values(b) }, start, options, out.int(0), out.float(1)),
  });
  return {
    flow: flow!,
    cost: cost!,
    [Symbol.dispose]() {
      flow!.dispose();
      cost!.dispose();
    },
  };
}
