import type { ByteMap, FeatureMap } from "../../../core/types.ts";

/** The byte that stands for 0 where values have signs. */
const ZERO = 128;

/**
 * Descriptors of any backbone as bytes, which is what SIFT Flow compares.
 *
 * Bytes, and floats that are whole numbers up to 255 (more than 0 and 1), stay as they are. Others are scaled to `length`
 * (SIFT Flow's own descriptors have about 255), rounded and stored around 128; what does not fit a byte is cut. Channels
 * are filled up to a multiple of four. A descriptor of length 0, or that holds NaN, becomes zero.
 */
export function toBytes(map: FeatureMap | ByteMap, length: number): ByteMap {
  const { channels, data } = map;
  if (data instanceof Uint8Array && channels % 4 === 0) return { ...map, data };
  const cells = data.length / channels, wide = Math.ceil(channels / 4) * 4;
  const out = new Uint8Array(cells * wide);
  const whole = isWhole(data);
  for (let p = 0; p < cells; p++) {
    const from = p * channels, to = p * wide;
    if (whole) {
      for (let c = 0; c < channels; c++) out[to + c] = data[from + c]!;
      continue;
    }
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += data[from + c]! ** 2;
    const scale = sum > 0 ? length / Math.sqrt(sum) : 0;
    for (let c = 0; c < channels; c++) {
      const v = scale === 0 ? ZERO : Math.floor(data[from + c]! * scale + ZERO + 0.5);
      out[to + c] = Math.min(Math.max(v, 0), 255);
    }
  }
  return { ...map, channels: wide, data: out };
}

function isWhole(data: Float32Array | Uint8Array): boolean {
  let most = 0;
  for (let i = 0; i < data.length; i++) {
    const v = data[i]!;
    if (!(v >= 0 && v <= 255) || v !== Math.floor(v)) return false;
    if (v > most) most = v;
  }
  return most > 1;
}
