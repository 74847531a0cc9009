import { type Conv4dLayer, conv4dNet, type Size4 } from "./conv4d.ts";

/**
 * The layers at chosen pairs of cells. A value depends on a box of the input around it, as far as the kernels together
 * reach; the net on that box, cut off where the volume ends, has the same value in its place.
 *
 * @param x [I][J][K][L][in]
 * @param pairs [n][2]: a cell of I x J, a cell of K x L
 * @returns [n][out], NaN where a pair lies outside
 */
export function conv4dAt(
  x: Float32Array,
  size: Size4,
  pairs: Int32Array,
  layers: readonly Conv4dLayer[],
  symmetric: boolean,
): Float32Array {
  const [I, J, K, L] = size, inChannels = layers[0]!.inChannels, outChannels = layers.at(-1)!.outChannels;
  const reach = ([0, 1, 2, 3] as const).map((axis) => {
    const other = ((axis + 2) % 4) as 0 | 1 | 2 | 3;
    const sum = (of: 0 | 1 | 2 | 3) => layers.reduce((most, { kernel }) => most + (kernel[of] >> 1), 0);
    return symmetric ? Math.max(sum(axis), sum(other)) : sum(axis);
  });
  const out = new Float32Array(pairs.length / 2 * outChannels).fill(NaN);
  for (let n = 0; 2 * n < pairs.length; n++) {
    const first = pairs[2 * n]!, second = pairs[2 * n + 1]!;
    if (first < 0 || first >= I * J || second < 0 || second >= K * L) continue;
    const at = [Math.floor(first / J), first % J, Math.floor(second / L), second % L];
    const from = at.map((place, axis) => Math.max(0, place - reach[axis]!));
    const to = at.map((place, axis) => Math.min(size[axis]!, place + reach[axis]! + 1));
    const box = [to[0]! - from[0]!, to[1]! - from[1]!, to[2]! - from[2]!, to[3]! - from[3]!] as const;
    const values: number[] = [];
    for (let i = from[0]!; i < to[0]!; i++) {
      for (let j = from[1]!; j < to[1]!; j++) {
        for (let k = from[2]!; k < to[2]!; k++) {
          const row = ((i * J + j) * K + k) * L;
          values.push(...x.subarray((row + from[3]!) * inChannels, (row + to[3]!) * inChannels));
        }
      }
    }
    const [i, j, k, l] = at.map((place, axis) => place - from[axis]!);
    const place = ((i! * box[1] + j!) * box[2] + k!) * box[3] + l!;
    const whole = conv4dNet(Float32Array.from(values), box, layers, symmetric);
    out.set(whole.subarray(place * outChannels, (place + 1) * outChannels), n * outChannels);
  }
  return out;
}
