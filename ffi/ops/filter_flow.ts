import type { Engine } from "../engine.ts";
import { filterFlow as define } from "../reference/filter_flow.ts";
import { type Input, Tensor } from "../tensor.ts";

/** A problem of {@linkcode Ops.filterFlow}; `ffi/reference/filter_flow.ts` states what it computes. */
export interface FilterFlowOptions {
  /** Bytes in histograms of 8: int32 [height][width][2 parts]; or features: float32 [height][width][channels]. */
  readonly source: Input;
  /** Bytes: int32 [layers][rows + 2 pad][cols + 2 pad][2], pad = 2 reach + 1; features: [changes][rows][cols][channels]. */
  readonly target: Input;
  readonly targetSize: { readonly width: number; readonly height: number };
  /** [changes][3 + 3 parts]. */
  readonly change: Int32Array<ArrayBuffer>;
  readonly changes: number;
  readonly rotations: number;
  readonly reach: number;
  /** [height][width]: red + 256 green + 65536 blue. */
  readonly guide: Int32Array<ArrayBuffer>;
  /** [height][width], 0..count-1. */
  readonly superpixel: Int32Array<ArrayBuffer>;
  readonly count: number;
  /** [count][links], -1 for none. */
  readonly link: Int32Array<ArrayBuffer>;
  /** [count][3] */
  readonly start: Int32Array<ArrayBuffer>;
  /** [height][width][2]: the target site (x, y) that costs a site nothing beside its descriptors. */
  readonly home: Int32Array<ArrayBuffer>;
  /** Cost in 1/256 of every target site away from it, along x and y; 0..8192. */
  readonly stay: number;
  /** 0..9 */
  readonly radius: number;
  /** Squared grey levels. */
  readonly eps: number;
  readonly iterations: number;
  /** How far from the present one a random label leads at first, in sites; halves down to one. */
  readonly search: number;
  readonly ratio: number;
  readonly seed: number;
}

/** What was found; the caller frees it. */
export interface FilterFlowResult {
  /** int32 [height][width][3]: u, v, change */
  readonly label: Tensor;
  /** int32 [height][width], in 1/256; 2^31 - 1 where no label led into the target */
  readonly cost: Tensor;
  /** int32 [iterations + 1][2]: sums of costs, high * 2^24 + low */
  readonly energy: Tensor;
}

function whole(input: Input): boolean {
  return input instanceof Tensor ? input.dtype === "int32" : input.data instanceof Int32Array;
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** See {@linkcode Ops.filterFlow}. */
export async function filterFlow(engine: Engine, options: FilterFlowOptions): Promise<FilterFlowResult> {
  const { source, target, targetSize, change, changes, rotations, reach, guide, superpixel, count, link, start } =
    options;
  const { home, stay, radius, eps, iterations, search, ratio, seed } = options;
  const [height, width, last] = source.shape;
  if (source.shape.length !== 3 || target.shape.length !== 4 || whole(source) !== whole(target)) {
    throw new TypeError(`Cannot match [${source.shape}] with [${target.shape}]: both are bytes or both features`);
  }
  const bytes = whole(source), parts = bytes ? last! / 2 : 0, links = link.length / count;
  const shaped = (data: Int32Array<ArrayBuffer>, shape: number[]) => ({ data, shape });
  const [label, cost, energy] = await engine.run({
    name: "sc_filter_flow",
    args: [
      source,
      target,
      targetSize.height,
      targetSize.width,
      shaped(change, [changes, 3 + 3 * parts]),
      rotations,
      reach,
      shaped(guide, [height!, width!]),
      shaped(superpixel, [height!, width!]),
      shaped(link, [count, links]),
      shaped(start, [count, 3]),
      shaped(home, [height!, width!, 2]),
      stay,
      radius,
      eps,
      iterations,
      search,
      ratio,
      seed | 0,
    ],
    outputs: [
      { dtype: "int32", shape: [height!, width!, 3] },
      { dtype: "int32", shape: [height!, width!] },
      { dtype: "int32", shape: [iterations + 1, 2] },
    ],
    work: height! * width! * (iterations + 1) * 100 * last!,
    reference: (values, ints, out) =>
      define(
        {
          width: width!,
          height: height!,
          targetWidth: targetSize.width,
          targetHeight: targetSize.height,
          descriptors: bytes
            ? { parts, source: bytesOf(ints(source)), target: bytesOf(ints(target)) }
            : { channels: last!, source: values(source), target: values(target) },
          change,
          changes,
          rotations,
          reach,
          guide,
          superpixel,
          count,
          link,
          links,
          start,
          home,
          stay,
          radius,
          eps,
          iterations,
          search,
          ratio,
          seed: seed | 0,
        },
        out.int(0),
        out.int(1),
        out.int(2),
      ),
  });
  return { label: label!, cost: cost!, energy: energy! };
}
