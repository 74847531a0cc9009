import type { Size } from "../types.ts";

/**
 * Writes the 128 raw histogram values of up to four descriptors, columns `col`.. of `xs` (the last one repeats), whose
 * first bin is centred in picture row `y`: block [128][4], values ordered [x bin][y bin][orientation], which is how
 * VLFeat holds them for a transposed picture and therefore the order of its sums.
 */
export type FillBlock = (block: Float32Array, y: number, xs: Int32Array, col: number) => void;

/** Mean of the window over each of the 4 bins of one axis. */
function binMeans(bin: number, windowSize: number): Float32Array {
  const sigma = Math.fround(bin * windowSize);
  return Float32Array.from({ length: 4 }, (_, index) => {
    let sum = 0;
    for (let x = -bin + 1; x < bin; x++) sum = Math.fround(sum + gauss(Math.fround((x - bin * (index - 1.5)) / sigma)));
    return sum / (2 * bin - 1);
  });
}

function gauss(z: number): number {
  return Math.fround(Math.exp(Math.fround(Math.fround(-0.5 * z) * z)));
}

/** Triangular kernel times window, for each of the 4 bins, as weights of source offsets -bin + 1 .. bin - 1. */
function windowTaps(bin: number, windowSize: number): Float32Array[] {
  const sigma = Math.fround(bin * windowSize);
  return Array.from({ length: 4 }, (_, index) =>
    Float32Array.from({ length: 2 * bin - 1 }, (_, i) => {
      const x = bin - 1 - i; // convolution mirrors the kernel
      const triangle = Math.fround(1 - Math.fround(Math.abs(x) / bin));
      return triangle * gauss(Math.fround((x - bin * (index - 1.5)) / sigma));
    }));
}

/** Weight of each bin, [x bin][y bin], where values come from {@linkcode triangleFilter}. */
export function flatWeights(bin: number, windowSize: number): Float32Array {
  const means = binMeans(bin, windowSize);
  // The filter has unit area where SIFT's kernel has unit height: hence the factor bin per axis.
  return Float32Array.from({ length: 16 }, (_, i) => {
    return Math.fround(means[i & 3]! * bin) * Math.fround(means[i >> 2]! * bin);
  });
}

/** Bins weighted by the window's mean: one triangular filter serves all 16 bins. */
export function flatWindow(planes: Float32Array, { width, height }: Size, bin: number, windowSize: number): FillBlock {
  // The planes are nobody else's.
  const filtered = triangleFilter(planes, width, height, bin);
  const weights = flatWeights(bin, windowSize);
  return (block, y, xs, col) => {
    const last = xs.length - 1;
    const x0 = xs[col]! * 8;
    const x1 = xs[Math.min(col + 1, last)]! * 8;
    const x2 = xs[Math.min(col + 2, last)]! * 8;
    const x3 = xs[Math.min(col + 3, last)]! * 8;
    for (let v = 0; v < 16; v++) {
      const weight = weights[v]!;
      const base = ((y + (v & 3) * bin) * width + (v >> 2) * bin) * 8;
      let to = v * 32;
      for (let t = base; t < base + 8; t++) {
        block[to] = weight * filtered[x0 + t]!;
        block[to + 1] = weight * filtered[x1 + t]!;
        block[to + 2] = weight * filtered[x2 + t]!;
        block[to + 3] = weight * filtered[x3 + t]!;
        to += 4;
      }
    }
  };
}

/** Every gradient weighted by the window: each of the 4x4 bins has a separable filter of its own. */
export function gaussianWindow(
  planes: Float32Array,
  { width, height }: Size,
  bin: number,
  windowSize: number,
  xs: Int32Array,
): FillBlock {
  const taps = windowTaps(bin, windowSize);
  const cols = xs.length;
  // [x bin][height][cols][8]: filtered along x at the columns that are needed.
  const across = new Float32Array(4 * height * cols * 8);
  for (let index = 0; index < 4; index++) {
    const tap = taps[index]!;
    for (let y = 0; y < height; y++) {
      for (let col = 0; col < cols; col++) {
        const to = ((index * height + y) * cols + col) * 8;
        for (let k = 0; k < tap.length; k++) {
          const x = Math.min(Math.max(xs[col]! + index * bin + k - bin + 1, 0), width - 1);
          const from = (y * width + x) * 8;
          const weight = tap[k]!;
          // Stores into the array round each partial sum to single precision.
          for (let t = 0; t < 8; t++) across[to + t] = across[to + t]! + Math.fround(planes[from + t]! * weight);
        }
      }
    }
  }
  const reach = 2 * bin - 1;
  const rows = new Int32Array(4 * reach);
  return (block, y, _xs, col) => {
    for (let i = 0; i < rows.length; i++) {
      const row = y + Math.floor(i / reach) * bin + i % reach - bin + 1;
      rows[i] = Math.min(Math.max(row, 0), height - 1) * cols * 8;
    }
    for (let v = 0; v < 16; v++) {
      const tap = taps[v & 3]!;
      for (let n = 0; n < 4; n++) {
        const column = (v >> 2) * height * cols * 8 + Math.min(col + n, cols - 1) * 8;
        for (let t = 0; t < 8; t += 4) {
          let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
          for (let k = 0; k < reach; k++) {
            const from = column + rows[(v & 3) * reach + k]! + t;
            const weight = tap[k]!;
            s0 = Math.fround(s0 + Math.fround(across[from]! * weight));
            s1 = Math.fround(s1 + Math.fround(across[from + 1]! * weight));
            s2 = Math.fround(s2 + Math.fround(across[from + 2]! * weight));
            s3 = Math.fround(s3 + Math.fround(across[from + 3]! * weight));
          }
          const to = v * 32 + t * 4 + n;
          block[to] = s0;
          block[to + 4] = s1;
          block[to + 8] = s2;
          block[to + 12] = s3;
        }
      }
    }
  };
}

/**
 * Convolution of [height][width][8], in place, with the triangle of half-width `bin` and unit area along x, then along y,
 * borders repeated: two running sums per axis, so the cost does not depend on `bin`. The sums run and round as VLFeat's do.
 *
 * @returns the planes
 */
export function triangleFilter(planes: Float32Array, width: number, height: number, bin: number): Float32Array {
  const row = new Float32Array((width + bin) * 8);
  for (let y = 0; y < height; y++) triangleLine(planes, y * width * 8, width, 8, 8, bin, row);
  // Columns in strips of 8 pixels: the strip's buffer stays in the cache.
  const strip = new Float32Array((height + bin) * 64);
  for (let x = 0; x < width; x += 8) {
    triangleLine(planes, x * 8, height, width * 8, Math.min(8, width - x) * 8, bin, strip);
  }
  return planes;
}

/** One axis of {@linkcode triangleFilter}: `n` steps of `stride` floats from `base`, `lanes` neighbouring floats alike. */
function triangleLine(
  planes: Float32Array,
  base: number,
  n: number,
  stride: number,
  lanes: number,
  bin: number,
  buffer: Float32Array,
) {
  const scale = Math.fround(1 / (bin * bin));
  const shift = bin * lanes;
  // buffer[(i + bin) * lanes + t] holds position i >= -bin. First the sum of everything at and after i ...
  for (let i = n - 1; i >= -bin; i--) {
    const from = base + Math.max(i, 0) * stride;
    const at = (i + bin) * lanes;
    if (i === n - 1) { for (let t = 0; t < lanes; t++) buffer[at + t] = planes[from + t]!; }
    else for (let t = 0; t < lanes; t++) buffer[at + t] = buffer[at + lanes + t]! + planes[from + t]!;
  }
  // ... then the box of `bin` values from i on; beyond the end the last value repeats ...
  const end = (n - 1 + bin) * lanes;
  for (let i = -bin; i < n - bin; i++) {
    const at = (i + bin) * lanes;
    for (let t = 0; t < lanes; t++) buffer[at + t] = buffer[at + t]! - buffer[at + shift + t]!;
  }
  for (let i = n - bin; i < n; i++) {
    const at = (i + bin) * lanes;
    const beyond = n - bin - i;
    for (let t = 0; t < lanes; t++) buffer[at + t] = buffer[at + t]! - Math.fround(buffer[end + t]! * beyond);
  }
  // ... then the running sum of the boxes, whose differences are the triangle.
  for (let at = lanes; at < (n + bin) * lanes; at++) buffer[at] = buffer[at]! + buffer[at - lanes]!;
  for (let i = 0; i < n; i++) {
    const at = (i + bin) * lanes;
    const to = base + i * stride;
    for (let t = 0; t < lanes; t++) planes[to + t] = scale * Math.fround(buffer[at + t]! - buffer[at - shift + t]!);
  }
}
