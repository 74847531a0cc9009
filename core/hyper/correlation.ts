/**
 * Correlations of many layers at once, one channel per layer.
 *
 * @module
 */
import type { Norm, Ops, Tensor } from "../../ffi/mod.ts";
import { InputError } from "../errors.ts";
import type { FeatureMap } from "../types.ts";

/** How CATs++, VAT and NeMF-like stacks normalise: x / (|x| + 1e-5). */
export const HYPER_NORM: Norm = { rule: "plus", eps: 1e-5 };

/** What a stack needs of a map. */
export type Layer = Pick<FeatureMap, "grid" | "channels" | "data" | "name">;

/** How layers are compared. */
export interface StackOptions {
  /** Default {@linkcode HYPER_NORM}. */
  readonly norm?: Norm;
  /** Negative similarities become 0. Default true. */
  readonly relu?: boolean;
}

/**
 * Correlations of the i-th map of one picture with the i-th of the other. All maps of a picture lie on one grid.
 *
 * @returns [1][layers][first rows][first cols][last rows][last cols], on the device; the caller frees it
 * @throws InputError where the numbers of maps or of their channels differ
 */
export async function correlationStack(
  ops: Ops,
  { first, last }: { readonly first: readonly Layer[]; readonly last: readonly Layer[] },
  { norm = HYPER_NORM, relu = true }: StackOptions = {},
): Promise<Tensor> {
  const a = first[0]?.grid, b = last[0]?.grid;
  if (first.length !== last.length || a === undefined || b === undefined) {
    throw new InputError(`Cannot correlate ${first.length} maps with ${last.length}: they go in pairs`);
  }
  const pairs = first.map((x, i) => {
    const y = last[i]!;
    if (x.channels !== y.channels) {
      throw new InputError(`Cannot correlate map "${x.name}" of ${x.channels} channels with one of ${y.channels}`);
    }
    const input = ({ data, channels }: Layer) => ({ data, shape: [data.length / channels, channels] });
    return { a: input(x), b: input(y) };
  });
  const stack = await ops.correlateStack(pairs, { norm, relu });
  return stack.reshape([1, first.length, a.rows, a.cols, b.rows, b.cols]);
}
