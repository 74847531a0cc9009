/** Six sizes: two scale axes, then the four axes of space. */
export type Size6 = readonly [number, number, number, number, number, number];

/** A volume of one channel and its kernel. */
export interface Conv6dArguments {
  /** [size...] */
  readonly x: Float32Array;
  readonly size: Size6;
  /** [kernel...] */
  readonly weights: Float32Array;
  /** Odd sizes. */
  readonly kernel: Size6;
  readonly bias: number;
  /** Negative results (and NaN) become 0. */
  readonly relu: boolean;
}

/** Calls back with every index of a shape, in row-major order; the index array is reused. */
function each(shape: readonly number[], visit: (index: readonly number[], flat: number) => void): void {
  const index = shape.map(() => 0), count = shape.reduce((a, b) => a * b, 1);
  for (let flat = 0; flat < count; flat++) {
    for (let a = shape.length - 1, rest = flat; a >= 0; a--) {
      index[a] = rest % shape[a]!;
      rest = Math.floor(rest / shape[a]!);
    }
    visit(index, flat);
  }
}

/**
 * Cross-correlation over two scale axes and four axes of space, stride 1, zero padding that keeps the size (Min and Cho,
 * "Convolutional Hough Matching Networks", 2021). Taps outside the volume are left out, not multiplied by zero.
 *
 * @param out [size...]
 */
export function conv6d({ x, size, weights, kernel, bias, relu }: Conv6dArguments, out: Float32Array): void {
  const sums = new Float64Array(out.length).fill(bias), [, , , , rows, cols] = size;
  // Tap by tap: what it adds to every position whose neighbour at the tap's offset exists.
  each(kernel, (tap, weight) => {
    const offset = tap.map((t, a) => t - (kernel[a]! - 1) / 2), w = weights[weight]!, [, , , , dk, dl] = offset;
    each(size.slice(0, 4), (at, plane) => {
      let other = 0;
      for (let a = 0; a < 4; a++) {
        const p = at[a]! + offset[a]!;
        if (p < 0 || p >= size[a]!) return;
        other = other * size[a]! + p;
      }
      for (let k = Math.max(0, -dk!); k < Math.min(rows, rows - dk!); k++) {
        const to = (plane * rows + k) * cols, from = (other * rows + k + dk!) * cols + dl!;
        for (let l = Math.max(0, -dl!); l < Math.min(cols, cols - dl!); l++) sums[to + l]! += w * x[from + l]!;
      }
    });
  });
  for (let i = 0; i < out.length; i++) out[i] = relu && !(sums[i]! > 0) ? 0 : sums[i]!;
}
