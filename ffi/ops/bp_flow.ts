import type { Engine } from "../engine.ts";
import { bpFlow as define } from "../reference/bp_flow.ts";
import { halveBytes as defineHalf } from "../reference/halve_bytes.ts";
import { type Input, Tensor } from "../tensor.ts";

/** One level of SIFT Flow; see `ffi/reference/bp_flow.ts`. */
export interface BpFlowOptions {
  /** Displacements (x, y) at the centres of the search windows: int32 [height][width][2]. */
  readonly centre: Int32Array;
  /** Displacements up to so far from the centre on each axis, 0..64. */
  readonly window: number;
  /** Cost per pixel of difference between neighbouring displacements, and its bound: whole numbers up to 32767. */
  readonly alpha: number;
  readonly bound: number;
  /** Cost per pixel of displacement. */
  readonly gamma: number;
  readonly iterations: number;
  /** How often pixels are merged two by two for a start, 0..6. */
  readonly merges: number;
  /** Mends two slips of the authors' program. Default false. */
  readonly corrected?: boolean;
  /** Energies after every iteration instead of the last. Default false. */
  readonly trace?: boolean;
}

/** A flow and its energies. */
export interface BpFlowResult extends Disposable {
  /** int32 [height][width][2]: displacements (x, y). */
  readonly flow: Tensor;
  /** int32 [iterations or 1][2]: high * 2^24 + low. */
  readonly energies: Tensor;
}

/** Four bytes of a cell per word: int32 [rows][cols][words]. */
function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

function byteMap(map: Input, what: string): { rows: number; cols: number; words: number } {
  const [rows, cols, words] = map.shape;
  const whole = map instanceof Tensor ? map.dtype === "int32" : map.data instanceof Int32Array;
  if (map.shape.length !== 3 || rows === undefined || cols === undefined || words === undefined || !whole) {
    throw new TypeError(`Cannot use ${what} [${map.shape}]: bytes are int32 [rows, cols, words of four channels]`);
  }
  return { rows, cols, words };
}

/** See {@linkcode Ops.halveBytes}. */
export async function halveBytes(engine: Engine, map: Input): Promise<Tensor> {
  const { rows, cols, words } = byteMap(map, "a map");
  const [out] = await engine.run({
    name: "sc_halve_bytes",
    args: [map],
    outputs: [{ dtype: "int32", shape: [Math.ceil(rows / 2), Math.ceil(cols / 2), words] }],
    work: rows * cols * words * 40,
    reference: (_values, ints, out) => defineHalf(bytesOf(ints(map)), rows, cols, 4 * words, bytesOf(out.int(0))),
  });
  return out!;
}

/** See {@linkcode Ops.bpFlow}. */
export async function bpFlow(
  engine: Engine,
  source: Input,
  target: Input,
  options: BpFlowOptions,
): Promise<BpFlowResult> {
  const from = byteMap(source, "the source"), to = byteMap(target, "the target");
  const { centre, window, alpha, bound, gamma, iterations, merges, corrected = false, trace = false } = options;
  const { rows: height, cols: width } = from;
  if (from.words !== to.words) throw new RangeError(`Cannot match ${4 * from.words} channels with ${4 * to.words}`);
  const outputs = [
    { dtype: "int32", shape: [height, width, 2] },
    { dtype: "int32", shape: [trace ? iterations : 1, 2] },
  ] as const;
  const [flow, energies] = await engine.run({
    name: "sc_bp_flow",
    args: [
      source,
      target,
      { data: centre as Int32Array<ArrayBuffer>, shape: [height, width, 2] },
      window,
      alpha,
      bound,
      gamma,
      iterations,
      merges,
      corrected ? 1 : 0,
      trace ? 1 : 0,
    ],
    outputs,
    work: height * width * iterations * (2 * window + 1) * 16,
    reference: (_values, ints, out) =>
      define(
        {
          width,
          height,
          targetWidth: to.cols,
          targetHeight: to.rows,
          channels: 4 * from.words,
          source: bytesOf(ints(source)),
          target: bytesOf(ints(target)),
          centre,
          window,
          alpha,
          bound,
          gamma,
          iterations,
          merges,
          corrected,
          trace,
        },
        out.int(0),
        out.int(1),
      ),
  });
  return {
    flow: flow!,
    energies: energies!,
    [Symbol.dispose]() {
      flow!.dispose();
      energies!.dispose();
    },
  };
}
