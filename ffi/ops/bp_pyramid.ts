import type { Engine } from "../engine.ts";
import { bpPyramid as define, pyramidNodes } from "../reference/bp_pyramid.ts";
import type { Input, Tensor } from "../tensor.ts";

/** Belief propagation over a pyramid of grids; see `ffi/reference/bp_pyramid.ts`. */
export interface BpPyramidOptions {
  /** Level l has 2^l x 2^l nodes, column by column; 1..6 levels. */
  readonly levels: number;
  /** Cost per step of difference between neighbours' translations, per axis, and its bound per axis. */
  readonly stretch: number;
  readonly bound: number;
  /** At most so many: it ends when no state changes. */
  readonly iterations: number;
  /** Messages from children to parents too, which the authors' program leaves out by a slip. Default false. */
  readonly upward?: boolean;
}

/** See {@linkcode Ops.bpPyramid}. */
export async function bpPyramid(engine: Engine, unary: Input, options: BpPyramidOptions): Promise<Tensor> {
  const { levels, stretch, bound, iterations, upward = false } = options;
  if (!Number.isInteger(levels) || levels < 1 || levels > 6) {
    throw new RangeError(`Cannot pass messages over ${levels} levels: a whole number from 1 to 6`);
  }
  const nodes = pyramidNodes(levels), [given, nx, ny] = unary.shape;
  if (unary.shape.length !== 3 || given !== nodes || nx === undefined || ny === undefined) {
    throw new RangeError(`Cannot pass messages with costs [${unary.shape}]: the shape is [${nodes} nodes, nx, ny]`);
  }
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > 1e5) {
    throw new RangeError(`Cannot run ${iterations} iterations: a whole number from 1 to 100000`);
  }
  const [states] = await engine.run({
    name: "sc_bp_pyramid",
    args: [unary, levels, stretch, bound, iterations, upward ? 1 : 0],
    outputs: [{ dtype: "int32", shape: [nodes] }],
    // About six messages of ten operations per node and iteration.
    work: nodes * nx * ny * iterations * 60,
    reference: (values, _ints, out) =>
      define({ unary: values(unary), levels, nx, ny, stretch, bound, iterations, upward }, out.int(0)),
  });
  return states!;
}
