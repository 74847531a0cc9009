import type { FeatureMap } from "../types.ts";

/** The map with every descriptor scaled to `length`; those of length 0 stay. */
export function scaled(map: FeatureMap, length: number): FeatureMap {
  const { channels } = map;
  const data = new Float32Array(map.data.length);
  for (let from = 0; from < data.length; from += channels) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += map.data[from + c]! ** 2;
    const scale = sum > 0 ? length / Math.sqrt(sum) : 0;
    for (let c = 0; c < channels; c++) data[from + c] = map.data[from + c]! * scale;
  }
  return { ...map, data };
}
