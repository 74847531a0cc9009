import type { Engine } from "../engine.ts";
import { siftDescriptors as define, type SiftPlaces } from "../reference/sift_descriptors.ts";
import type { Input, Tensor } from "../tensor.ts";

/** Where descriptors lie and how bins count; see `ffi/reference/sift_descriptors.ts`. */
export interface SiftDescriptorOptions extends SiftPlaces {
  /** [4][4]: factor of each bin, x before y. */
  readonly weights: Float32Array;
}

/** See {@linkcode Ops.siftDescriptors}. */
export async function siftDescriptors(
  engine: Engine,
  planes: Input,
  { weights, ...places }: SiftDescriptorOptions,
): Promise<Tensor> {
  const { bin, top, left, step, rows, cols } = places;
  const [height, width, orientations] = planes.shape;
  if (planes.shape.length !== 3 || height === undefined || width === undefined || orientations !== 8) {
    throw new RangeError(`Cannot make SIFT descriptors of [${planes.shape}]: the shape is [height, width, 8]`);
  }
  const reaches = (first: number, n: number) => first + (n - 1) * step + 3 * bin + 1;
  const whole = [bin, step, top, left, rows, cols].every((n) => Number.isInteger(n) && n >= 0) && bin > 0 && step > 0;
  if (!whole || (rows * cols > 0 && (reaches(top, rows) > height || reaches(left, cols) > width))) {
    throw new RangeError(
      `Cannot make ${rows}x${cols} SIFT descriptors from (${left}, ${top}), bins of ${bin}, step ${step}: all bins must ` +
        `lie within ${width}x${height}`,
    );
  }
  const [out] = await engine.run({
    name: "sc_sift_descriptors",
    args: [planes, { data: weights, shape: [4, 4] }, bin, top, left, step],
    outputs: [{ shape: [rows, cols, 128] }],
    work: rows * cols * 128 * 4,
    reference: (values, _ints, out) => define(values(planes), width, weights, places, out.float(0)),
  });
  return out!;
}
