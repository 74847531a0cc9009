import type { Engine } from "../engine.ts";
import { patchMatch as define } from "../reference/patch_match.ts";
import type { Input } from "../tensor.ts";
import { type Best, bestOf } from "./correlate.ts";

/** How the maps are searched. */
export interface PatchMatchOptions {
  /** First matches, int32 [rows][cols] of the first map; absent (or a value outside): drawn at random. */
  readonly start?: Input;
  /** A whole number of 32 bits. Default 0. The same seed gives the same field on every device. */
  readonly seed?: number;
  /** Default 5. */
  readonly rounds?: number;
  /** Half a side of the first random window, in cells. Default: the second map's longer side. */
  readonly radius?: number;
}

/** See {@linkcode Ops.patchMatch}. */
export async function patchMatch(engine: Engine, a: Input, b: Input, options: PatchMatchOptions = {}): Promise<Best> {
  const [rows, cols, channels] = a.shape, [rowsB, colsB, other] = b.shape;
  if (a.shape.length !== 3 || b.shape.length !== 3 || channels !== other) {
    throw new RangeError(
      `Cannot match [${a.shape}] with [${b.shape}]: both have [rows, cols, channels], as many channels`,
    );
  }
  const { start, seed = 0, rounds = 5, radius = Math.max(rowsB!, colsB!) } = options;
  if (rowsB! * colsB! === 0 && rows! * cols! > 0) throw new RangeError("Cannot match: the second map has no cells");
  if (rowsB! * colsB! > 2 ** 21) throw new RangeError(`Cannot match [${b.shape}]: at most 2^21 cells`);
  if (start !== undefined && (start.shape.length !== 2 || start.shape[0] !== rows || start.shape[1] !== cols)) {
    throw new RangeError(`Cannot start from [${start.shape}]: the first map needs [${rows}, ${cols}]`);
  }
  if (!Number.isInteger(rounds) || rounds < 0 || rounds > 10000) {
    throw new RangeError(`Cannot search ${rounds} rounds: a whole number from 0 to 10000`);
  }
  if (!Number.isInteger(radius) || radius < 0 || radius > 2 ** 20) {
    throw new RangeError(`Cannot search a radius of ${radius}: a whole number of cells from 0 to 2^20`);
  }
  const candidates = 5 + Math.log2(radius + 1);
  const [index, score] = await engine.run({
    name: "sc_patch_match",
    args: [a, b, start ?? null, seed | 0, rounds, radius],
    outputs: [{ dtype: "int32", shape: [rows!, cols!] }, { shape: [rows!, cols!] }],
    work: rows! * cols! * (rounds + 1) * candidates * (channels! + 20),
    reference: (values, ints, out) => {
      define(
        {
          a: { rows: rows!, cols: cols!, data: values(a) },
          b: { rows: rowsB!, cols: colsB!, data: values(b) },
          channels: channels!,
          start: start === undefined ? null : ints(start),
          seed: seed | 0,
          rounds,
          radius,
        },
        out.int(0),
        out.float(1),
      );
    },
  });
  return bestOf(index!, score!);
}
