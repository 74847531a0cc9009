import type { Engine } from "../engine.ts";
import { hough as define, type HoughSpace } from "../reference/hough.ts";
import type { Input, Tensor } from "../tensor.ts";

export type { HoughSpace };

/** Where pairs vote. */
export interface HoughOptions extends HoughSpace {
  /** [m][2]: x, y; the offset of pair (i, j) is `source[i] + target[j]`. */
  readonly source: Input;
  /** [n][2]: x, y */
  readonly target: Input;
  /** [rows][cols] with odd sides: smooths the space, zero outside. */
  readonly filter: Input;
}

/** What the votes agreed on. */
export interface HoughResult extends Disposable {
  /** [m][n]: each vote times the smoothed votes of its bin. */
  readonly confidence: Tensor;
  /** [ny][nx], smoothed. */
  readonly space: Tensor;
}

/** See {@linkcode Ops.hough}. */
export async function hough(engine: Engine, votes: Input, options: HoughOptions): Promise<HoughResult> {
  const { source, target, filter, cell, nx, ny } = options, [m, n] = votes.shape, [fy, fx] = filter.shape;
  if (votes.shape.length !== 2 || m === undefined || n === undefined) {
    throw new RangeError(`Cannot count votes [${votes.shape}]: the shape is [sources, targets]`);
  }
  for (const [name, { shape }, count] of [["source", source, m], ["target", target, n]] as const) {
    if (shape.length !== 2 || shape[0] !== count || shape[1] !== 2) {
      throw new RangeError(`Cannot count votes: ${name} has the shape [${shape}], it needs [${count}, 2]`);
    }
  }
  if (filter.shape.length !== 2 || fy === undefined || fx === undefined || fy % 2 !== 1 || fx % 2 !== 1) {
    throw new RangeError(`Cannot smooth votes with a filter [${filter.shape}]: it has two odd sides`);
  }
  if (!(cell > 0) || ![nx, ny].every((size) => Number.isInteger(size) && size >= 1) || nx * ny > 2 ** 24) {
    throw new RangeError(`Cannot count votes in ${nx} x ${ny} bins of ${cell}: sizes are above 0, up to 2^24 bins`);
  }
  const [confidence, space] = await engine.run({
    name: "sc_hough",
    args: [votes, source, target, cell, nx, ny, filter],
    outputs: [{ shape: [m, n] }, { shape: [ny, nx] }],
    work: m * n * 10 + nx * ny * fx * fy,
    reference: (values, _ints, out) => {
      const given = { votes: values(votes), source: values(source), target: values(target), filter: values(filter) };
      define({ ...given, filterShape: [fy, fx], cell, nx, ny }, out.float(0), out.float(1));
    },
  });
  return {
    confidence: confidence!,
    space: space!,
    [Symbol.dispose]() {
      confidence!.dispose();
      space!.dispose();
    },
  };
}
