import { denseSift, type DenseSiftOptions } from "./dense_sift.ts";
import type { Plane } from "./plane.ts";

/** The recorded settings of VLFeat's dense SIFT, by the name of the recording. */
export const SIFT_CASES: Record<string, { grey: "uint8" | "single"; options: DenseSiftOptions }> = {
  dsift_gauss: { grey: "uint8", options: { bins: [4], step: 4, window: "gaussian", pad: false } },
  dsift_flat: { grey: "uint8", options: { bins: [4], step: 4, window: "flat", pad: false } },
  dsift_u8: { grey: "uint8", options: { bins: [3], step: 8, window: "gaussian", pad: false, output: "truncate" } },
  phow: {
    grey: "single",
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
 * Frames and descriptors in VLFeat's form: [n][x, y, norm, bin size] with 1-based pixels and [n][128], columns of the
 * picture outermost.
 */
export function siftLikeVlfeat(image: Plane, options: DenseSiftOptions) {
  const frames: number[] = [];
  const descriptors: number[] = [];
  denseSift(image, { ...options, norms: true }).forEach(({ rows, cols, origin, data, norms }, scale) => {
    for (let col = 0; col < cols; col++) {
      for (let row = 0; row < rows; row++) {
        const cell = row * cols + col;
        const x = origin.x + col * options.step + 1;
        const y = origin.y + row * options.step + 1;
        frames.push(x, y, norms![cell]!, options.bins[scale]!);
        for (let v = 0; v < 128; v++) descriptors.push(data[cell * 128 + v]!);
      }
    }
  });
  return { frames, descriptors };
}
