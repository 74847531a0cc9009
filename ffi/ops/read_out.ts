import type { Engine } from "../engine.ts";
import { argmaxRows } from "../reference/argmax_rows.ts";
import { sample as defineSample } from "../reference/sample.ts";
import { softArgmax as defineSoftArgmax } from "../reference/soft_argmax.ts";
import type { Input, Tensor } from "../tensor.ts";
import { type Best, bestOf } from "./correlate.ts";

/** See {@linkcode Ops.argmax}. */
export async function argmax(engine: Engine, x: Input): Promise<Best> {
  const [rows, cols] = x.shape;
  if (x.shape.length !== 2 || rows === undefined || cols === undefined) {
    throw new RangeError(`Cannot take the best of [${x.shape}]: the shape is [rows, columns]`);
  }
  const [index, score] = await engine.run({
    name: "sc_argmax",
    args: [x],
    outputs: [{ shape: [rows], dtype: "int32" }, { shape: [rows] }],
    work: rows * cols,
    reference: (values, _ints, out) => argmaxRows(values(x), rows, cols, out.int(0), out.float(1)),
  });
  return bestOf(index!, score!);
}

/** How positions are read out of a map of similarities. */
export interface SoftArgmaxOptions {
  /** Above 0, in units of similarity. */
  readonly temperature: number;
  /** Multiplies similarities by a Gaussian of so many cells around the best one (kernel soft-argmax). */
  readonly sigma?: number;
  /** Cells to each side of the best one that keep their similarity (window soft-argmax). */
  readonly radius?: number;
  /** Cells beyond the radius: similarity 0 (`zero`, default, the official code) or no weight (`masked`). */
  readonly outside?: "zero" | "masked";
}

/** See {@linkcode Ops.softArgmax}. */
export async function softArgmax(engine: Engine, x: Input, options: SoftArgmaxOptions): Promise<Tensor> {
  const [rows, height, width] = x.shape;
  if (x.shape.length !== 3 || rows === undefined || height === undefined || width === undefined) {
    throw new RangeError(`Cannot read positions out of [${x.shape}]: the shape is [rows, height, width]`);
  }
  const { temperature, sigma = 0, radius = -1, outside = "zero" } = options;
  if (!(temperature > 0)) throw new RangeError(`Cannot use temperature ${temperature}: it must be above 0`);
  const masked = outside === "masked";
  const [out] = await engine.run({
    name: "sc_soft_argmax",
    args: [x, temperature, sigma, radius, masked ? 1 : 0],
    outputs: [{ shape: [rows, 2] }],
    work: rows * height * width * 10,
    reference: (values, _ints, out) => {
      // The libraries receive float32.
      const rule = { temperature: Math.fround(temperature), sigma: Math.fround(sigma), radius, masked };
      defineSoftArgmax(values(x), [rows, height, width], rule, out.float(0));
    },
  });
  return out!;
}

/** What lies outside a map. */
export interface SampleOptions {
  /** `zeros` (default): cells outside count as 0; `border`: positions are moved inside first. */
  readonly outside?: "zeros" | "border";
}

async function run(engine: Engine, map: Input, points: Input, relative: number, options: SampleOptions) {
  const [height, width, channels] = map.shape, n = points.shape[0];
  if (map.shape.length !== 3 || height === undefined || width === undefined || channels === undefined) {
    throw new RangeError(`Cannot sample [${map.shape}]: the shape is [height, width, channels]`);
  }
  if (points.shape.length !== 2 || points.shape[1] !== 2 || n === undefined) {
    throw new RangeError(`Cannot sample at [${points.shape}]: the shape is [points, 2]`);
  }
  const border = options.outside === "border";
  if (border && n > 0 && height * width === 0) throw new RangeError("Cannot sample the border of an empty map");
  const [out] = await engine.run({
    name: "sc_sample",
    args: [map, points, border ? 1 : 0, relative],
    outputs: [{ shape: [n, channels] }],
    work: n * channels * 4,
    reference: (values, _ints, out) => {
      defineSample({ data: values(map), height, width, channels }, values(points), { border, relative }, out.float(0));
    },
  });
  return out!;
}

/** See {@linkcode Ops.sample}. */
export function sample(engine: Engine, map: Input, points: Input, options: SampleOptions = {}): Promise<Tensor> {
  return run(engine, map, points, 0, options);
}

/** A flow to warp by. */
export interface WarpFlow {
  /** [rows * cols][2]: displacement (column, row) in cells of the map. */
  readonly flow: Input;
  readonly cols: number;
}

/** See {@linkcode Ops.warp}. */
export function warp(
  engine: Engine,
  map: Input,
  { flow, cols }: WarpFlow,
  options: SampleOptions = {},
): Promise<Tensor> {
  if (!Number.isInteger(cols) || cols < 1) throw new RangeError(`Cannot warp by a flow of ${cols} columns`);
  return run(engine, map, flow, cols, options);
}
