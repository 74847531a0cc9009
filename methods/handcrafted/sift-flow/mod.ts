import { option } from "../../../core/option.ts";
import type { MethodPlugin } from "../../../core/types.ts";
import { SiftFlow } from "./sift_flow.ts";

const whole = { integer: true, min: 0 } as const;

const defaults = {
  levels: option(4, "levels of the pyramid, each half the size of the finer one", { integer: true, min: 1, max: 7 }),
  alpha: option(510, "cost per cell of difference between neighbouring displacements", { ...whole, max: 32767 }),
  bound: option(10200, "largest cost of difference between neighbouring displacements", { ...whole, max: 32767 }),
  gamma: option(1.275, "cost per cell of displacement at the finest level; doubles from level to level", {
    min: 0,
    max: 1000,
  }),
  window: option(2, "cells searched around the centre at the finest level, one more per coarser level", {
    ...whole,
    max: 32,
  }),
  top_window: option(10, "cells searched around the linear map of one picture onto the other, coarsest level", {
    ...whole,
    max: 64,
  }),
  iterations: option(30, "iterations per level", { integer: true, min: 1, max: 10000 }),
  top_iterations: option(60, "iterations at the coarsest level", { integer: true, min: 1, max: 10000 }),
  corrected: option(
    false,
    "mend two slips of the authors' program: the cost of displacements out of the target, and messages between windows " +
      "that do not meet",
  ),
  length: option(255, "length given to descriptors of other backbones before they become bytes", { min: 1 }),
};

/**
 * SIFT Flow. Works on any backbone with one map; a displacement is counted in cells of that map.
 *
 * A point moves as the cell nearest to it does. Pictures of any size and shape are matched, flat ones too: where all
 * costs are equal, the flow is the linear map of the one extent onto the other, up to the window's ties.
 */
export default {
  defaults,
  async build({ backbone, ops: open }, options) {
    const ops = await open();
    const { levels, length, corrected, alpha, bound, gamma, window, iterations } = options;
    const solver = {
      levels,
      alpha,
      bound,
      gamma,
      window,
      iterations,
      corrected,
      topWindow: options.top_window,
      topIterations: options.top_iterations,
    };
    return new SiftFlow(backbone, ops, solver, length);
  },
} satisfies MethodPlugin<typeof defaults>;
