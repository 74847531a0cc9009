import { denseSift, type DenseSiftOptions } from "./dense_sift.ts";
import type { Plane } from "./plane.ts";

/** The recorded settings of VLFeat's dense SIFT on an 8-bit picture, by the name of the recording. */
export const SIFT_CASES: Record<string, { unit: boolean; options: DenseSiftOptions }> = {
  dsift_gauss: { unit: false, options: { bins: [4], step: 4, window: "gaussian", pad: false } },
  dsift_flat: { unit: false, options: { bins: [4], step: 4, window: "flat", pad: false } },
  dsift_u8: { unit: false, options: { bins: [3], step: 8, window: "gaussian", pad: false, output: "truncate" } },
  phow: {
    unit: true,
    options: {
      bins: [4, 6],
      step: 8,
      window: "flat",
      windowSize: 1.5,
      magnif: 6,
      contrast: 0.005,
      pad: false,
    },
  },
};

/**
 * Frames and descriptors in VLFeat's form: [n][x, y, ...] with 1-based pixels, columns of the picture outermost.
 * `fields` is the recorded width of a frame: x, y, norm, bin size.
 */
export function siftLikeVlfeat(name: string, grey: Plane, fields: number) {
  const { unit, options } = SIFT_CASES[name]!;
  const image = unit ? { ...grey, data: grey.data.map((value) => value / 255) } : grey;
  const frames: number[] = [];
  const descriptors: number[] = [];
  denseSift(image, { ...options, norms: true }).forEach(({ rows, cols, origin, data, norms }, scale) => {
    for (let col = 0; col < cols; col++) {
      for (let row = 0; row < rows; row++) {
        const cell = row * cols + col;
        const frame = [
          origin.x + col * options.step + 1,
          origin.y + row * options.step + 1,
          norms![cell]!,
          options.bins[scale]!,
        ];
        frames.push(...frame.slice(0, fields));
        for (let v = 0; v < 128; v++) descriptors.push(data[cell * 128 + v]!);
      }
    }
  });
  return { frames, descriptors };
}
