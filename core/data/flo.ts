import { InputError, messageOf } from "../errors.ts";
import type { Size } from "../types.ts";

/** A dense field of displacements. */
export interface FloFile extends Size {
  /** [height][width][2]: x to the right and y down, in pixels; NaN where the file marks the flow as unknown. */
  readonly data: Float32Array;
}

const MAGIC = 202021.25;
// Middlebury's mark of unknown flow is any magnitude above this.
const UNKNOWN = 1e9;

/**
 * Reads a Middlebury `.flo` file: the number 202021.25, width, height, then (x, y) per pixel, little endian.
 *
 * @throws {InputError} when the file is absent, no `.flo` file, or has another length than its sizes say
 */
export function readFlo(path: string): FloFile {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "no such file" : messageOf(error);
    throw new InputError(`Cannot read "${path}": ${why}`, { cause: error });
  }
  const view = new DataView(bytes.buffer);
  if (bytes.length < 12 || view.getFloat32(0, true) !== MAGIC) {
    throw new InputError(`Cannot read "${path}": it does not begin with the mark of a .flo file`);
  }
  const width = view.getInt32(4, true), height = view.getInt32(8, true);
  if (!(width > 0 && height > 0)) throw new InputError(`Cannot read "${path}": its size is ${width}x${height}`);
  const expected = 12 + width * height * 8;
  if (bytes.length !== expected) {
    throw new InputError(
      `Cannot read "${path}": ${width}x${height} pixels need ${expected} bytes, the file has ${bytes.length}: truncated?`,
    );
  }
  const data = new Float32Array(width * height * 2);
  for (let i = 0; i < data.length; i += 2) {
    const x = view.getFloat32(12 + 4 * i, true), y = view.getFloat32(16 + 4 * i, true);
    const known = Math.abs(x) <= UNKNOWN && Math.abs(y) <= UNKNOWN;
    data[i] = known ? x : NaN;
    data[i + 1] = known ? y : NaN;
  }
  return { width, height, data };
}
