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
function each(shape: Size6, visit: (index: readonly number[], flat: number) => void): void {
  const index = [0, 0, 0, 0, 0, 0], count = shape.reduce((a, b) => a * b, 1);
  for (let flat = 0; flat < count; flat++) {
    for (let a = 5, rest = flat; a >= 0; a--) {
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
  each(size, (at, flat) => {
    let sum = bias;
    each(kernel, (tap, weight) => {
      let from = 0;
      for (let a = 0; a < 6; a++) {
        const p = at[a]! + tap[a]! - (kernel[a]! - 1) / 2;
        if (p < 0 || p >= size[a]!) return;
        from = from * size[a]! + p;
      }
      sum += x[from]! * weights[weight]!;
    });
    out[flat] = relu && !(sum > 0) ? 0 : sum;
  });
}
