/** Where the descriptors lie; numbers are pixels. */
export interface SiftPlaces {
  /** Between neighbouring bins of a descriptor. */
  readonly bin: number;
  /** Row and column of the first bin of the first descriptor. */
  readonly top: number;
  readonly left: number;
  /** Between neighbouring descriptors. */
  readonly step: number;
  readonly rows: number;
  readonly cols: number;
}

const EPSILON = 2 ** -23, CUT = Math.fround(0.2);

/**
 * SIFT descriptors from planes of gradients that were already gathered over bins, normalised as VLFeat does it: unit
 * length, values above 0.2 cut, unit length again, times 512, at most 255. Everything is rounded to single precision, and
 * sums run over x bins, then y bins, then the orientations of the planes, which is VLFeat's order for a
 * transposed picture.
 *
 * @param planes [height][width][8] @param weights [4][4]: factor of each bin, x before y
 * @param out [rows][cols][128]; within a descriptor [y bin][x bin][orientation]
 */
export function siftDescriptors(
  planes: Float32Array,
  width: number,
  weights: Float32Array,
  { bin, top, left, step, rows, cols }: SiftPlaces,
  out: Float32Array,
): void {
  const values = new Float32Array(128);
  for (let p = 0; p < rows * cols; p++) {
    const y = top + Math.floor(p / cols) * step, x = left + p % cols * step;
    for (let v = 0; v < 128; v++) {
      const xBin = v >> 5, yBin = v >> 3 & 3;
      values[v] = weights[v >> 3]! * planes[((y + yBin * bin) * width + x + xBin * bin) * 8 + (v & 7)]!;
    }
    normalise(values);
    values.forEach((value, v) => values[v] = Math.min(value, CUT));
    normalise(values);
    for (let v = 0; v < 128; v++) {
      // The planes' orientations count from +y towards +x, the descriptor's from +x towards +y.
      const to = ((v >> 3 & 3) * 4 + (v >> 5)) * 8 + ((10 - (v & 7)) & 7);
      out[p * 128 + to] = Math.min(512 * values[v]!, 255);
    }
  }
}

function normalise(values: Float32Array): void {
  const sum = values.reduce((total, v) => Math.fround(total + Math.fround(v * v)), 0);
  const length = Math.fround(root(sum) + EPSILON);
  values.forEach((value, v) => values[v] = value / length);
}

/** VLFeat's square root: x over the root by a guess at its bits and two steps of Newton's. */
function root(x: number): number {
  if (x < 1e-8) return 0;
  const float = Float32Array.of(x), bits = new Int32Array(float.buffer), half = Math.fround(0.5 * x);
  bits[0] = 0x5f3759df - (bits[0]! >> 1);
  for (let i = 0; i < 2; i++) {
    const r = float[0]!;
    float[0] = r * Math.fround(1.5 - Math.fround(Math.fround(half * r) * r));
  }
  return Math.fround(x * float[0]!);
}
