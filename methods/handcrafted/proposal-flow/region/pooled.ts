import { toCells } from "../../../../core/frame.ts";
import { sampleMap } from "../../../../core/match/sample.ts";
import type { FeatureMap, Pair } from "../../../../core/types.ts";
import type { Boxes } from "../boxes.ts";

/**
 * Regions described by any map of features: each box is divided into `pool` x `pool` parts, each part the mean of the
 * features at 2x2 points in it (bilinear), minus `mean`, of length 1; the whole of length 1.
 *
 * @param mean [channels], the common part of all features, which tells nothing about a region
 * @returns [boxes.n][pool][pool][channels]
 */
export function pooledRegions(map: FeatureMap, boxes: Boxes, pool: number, mean: Float32Array): Float32Array {
  const { channels } = map;
  const length = pool * pool * channels;
  const out = new Float32Array(boxes.n * length);
  const per = 2 * pool;
  const xy = new Float64Array(per * per * 2);
  for (let i = 0; i < boxes.n; i++) {
    const [x1, y1, x2, y2] = boxes.xyxy.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    for (let r = 0, p = 0; r < per; r++) {
      for (let c = 0; c < per; c++, p += 2) {
        xy[p] = x1 - 0.5 + (c + 0.5) * (x2 - x1 + 1) / per;
        xy[p + 1] = y1 - 0.5 + (r + 0.5) * (y2 - y1 + 1) / per;
      }
    }
    const samples = sampleMap(map, toCells({ n: per * per, xy }, map));
    const region = out.subarray(i * length, (i + 1) * length);
    for (let r = 0; r < per; r++) {
      for (let c = 0; c < per; c++) {
        const from = (r * per + c) * channels, to = ((r >> 1) * pool + (c >> 1)) * channels;
        for (let e = 0; e < channels; e++) region[to + e]! += samples[from + e]!;
      }
    }
    for (let part = 0; part < length; part += channels) {
      let square = 0;
      for (let e = 0; e < channels; e++) {
        const value = region[part + e]! / 4 - mean[e]!;
        region[part + e] = value;
        square += value * value;
      }
      // A part without features (a flat area) stays 0 and is like nothing.
      const scale = square > 0 ? 1 / (Math.sqrt(square) * pool) : 0;
      for (let e = 0; e < channels; e++) region[part + e]! *= scale;
    }
  }
  return out;
}

/** The mean feature of two maps, each picture counting the same. @returns [channels] */
export function commonMean({ source, target }: Pair<FeatureMap>): Float32Array {
  const mean = new Float32Array(source.channels);
  for (const { data, channels } of [source, target]) {
    const sums = new Float64Array(channels);
    for (let i = 0; i < data.length; i += channels) {
      for (let e = 0; e < channels; e++) sums[e]! += data[i + e]!;
    }
    for (let e = 0; e < channels; e++) mean[e]! += sums[e]! / (data.length / channels) / 2;
  }
  return mean;
}
