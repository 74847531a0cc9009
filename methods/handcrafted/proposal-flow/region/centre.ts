/**
 * Descriptors of two pictures' regions less the mean of their cells, each picture counting the same. It stands for the
 * first half of the paper's whitening: statistics of natural pictures, the same for every cell, which were not published
 * with the code.
 *
 * @param a [n][cells][channels] @param b [m][cells][channels] @returns the two, changed copies
 */
export function centred(a: Float32Array, b: Float32Array, channels: number): [Float32Array, Float32Array] {
  const mean = new Float64Array(channels);
  for (const side of [a, b]) {
    const share = channels / side.length / 2;
    for (let i = 0; i < side.length; i += channels) {
      for (let c = 0; c < channels; c++) mean[c]! += side[i + c]! * share;
    }
  }
  const less = (side: Float32Array) => side.map((value, i) => value - mean[i % channels]!);
  return [less(a), less(b)];
}
