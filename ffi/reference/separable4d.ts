/** One pair of axes' 2-D convolution. */
export interface PairConvolution {
  /** [out][in][rows][cols], odd sides. */
  readonly weights: Float32Array;
  /** [out] */
  readonly bias: Float32Array;
  readonly kernel: readonly [rows: number, cols: number];
  readonly stride: readonly [rows: number, cols: number];
}

/** Channels before space: [channels][I][J][K][L]. */
export type Size4 = readonly [number, number, number, number];

/** Sizes after the layer: every axis divided by its stride, rounded up. */
export function separableSize(size: Size4, source: PairConvolution, target: PairConvolution): Size4 {
  return size.map((side, a) => Math.ceil(side / [...source.stride, ...target.stride][a]!)) as unknown as Size4;
}

/** Largest value of each window of `stride` along two axes; windows at the end may be smaller, NaN is left out. */
function pool(x: Float32Array, maps: number, size: Size4, stride: Size4): { x: Float32Array; size: Size4 } {
  const to = size.map((side, a) => Math.ceil(side / stride[a]!)) as unknown as Size4;
  const out = new Float32Array(maps * to[0] * to[1] * to[2] * to[3]).fill(NaN);
  for (let map = 0, from = 0; map < maps; map++) {
    for (let i = 0; i < size[0]; i++) {
      for (let j = 0; j < size[1]; j++) {
        for (let k = 0; k < size[2]; k++) {
          for (let l = 0; l < size[3]; l++, from++) {
            const [a, b] = [Math.floor(i / stride[0]), Math.floor(j / stride[1])];
            const [c, d] = [Math.floor(k / stride[2]), Math.floor(l / stride[3])];
            const at = (((map * to[0] + a) * to[1] + b) * to[2] + c) * to[3] + d;
            if (Number.isNaN(out[at]) || x[from]! > out[at]!) out[at] = x[from]!;
          }
        }
      }
    }
  }
  return { x: out, size: to };
}

/**
 * The separable 4-D convolution of CATs++, VAT and NeMF, on one example: a 2-D convolution of the source pair plus one of
 * the target pair, each with zero padding of half its kernel. The pair that a branch does not convolve is max-pooled by
 * its stride first.
 *
 * @param x [in][I][J][K][L]
 * @param out [out][I'][J'][K'][L'], sizes of {@linkcode separableSize}
 */
export function separable4d(
  x: Float32Array,
  channels: number,
  size: Size4,
  source: PairConvolution,
  target: PairConvolution,
  out: Float32Array,
): void {
  const to = separableSize(size, source, target), outputs = source.bias.length;
  const a = pool(x, channels, size, [1, 1, ...target.stride]), b = pool(x, channels, size, [...source.stride, 1, 1]);
  const branch = (
    { x, size }: { x: Float32Array; size: Size4 },
    { weights, bias, kernel: [kh, kw], stride }: PairConvolution,
    o: number,
    at: Size4,
    axis: 0 | 2,
  ) => {
    let sum = bias[o]!;
    // Cells between neighbours along each axis; `rest` is where the pair that stays puts the cell.
    const steps = [size[1] * size[2] * size[3], size[2] * size[3], size[3], 1];
    const rows = size[axis], cols = size[axis + 1]!, down = steps[axis]!, across = steps[axis + 1]!;
    const top = at[axis] * stride[0] - (kh - 1) / 2, left = at[axis + 1]! * stride[1] - (kw - 1) / 2;
    const rest = at[2 - axis]! * steps[2 - axis]! + at[3 - axis]! * steps[3 - axis]!;
    for (let c = 0; c < channels; c++) {
      for (let u = 0; u < kh; u++) {
        const p = top + u;
        if (p < 0 || p >= rows) continue;
        for (let v = 0; v < kw; v++) {
          const q = left + v;
          if (q < 0 || q >= cols) continue;
          const from = c * size[0] * steps[0]! + rest + p * down + q * across;
          sum += x[from]! * weights[((o * channels + c) * kh + u) * kw + v]!;
        }
      }
    }
    return sum;
  };
  for (let o = 0, flat = 0; o < outputs; o++) {
    for (let i = 0; i < to[0]; i++) {
      for (let j = 0; j < to[1]; j++) {
        for (let k = 0; k < to[2]; k++) {
          for (let l = 0; l < to[3]; l++, flat++) {
            out[flat] = branch(a, source, o, [i, j, k, l], 0) + branch(b, target, o, [i, j, k, l], 2);
          }
        }
      }
    }
  }
}
