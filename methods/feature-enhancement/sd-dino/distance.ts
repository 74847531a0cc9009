import { normaliseMap } from "../../../core/fuse/concat.ts";
import { cosine } from "../../../core/match/cosine.ts";
import { sampleMap } from "../../../core/match/sample.ts";
import type { Cells, CostVolume, FeatureMap, Matcher, Pair } from "../../../core/types.ts";

/** Names of the ways to compare. */
export const DISTANCES = ["l2", "cosine"] as const;

/** Added to every difference by torch's PairwiseDistance. */
const EPS = 1e-6;

/** Compares cells by `distance`: the cosine, or minus the Euclidean distance of unit descriptors. */
export function byDistance(distance: string): Matcher {
  if (distance === "cosine") return cosine({ eps: 0 });
  return { match: (maps) => Promise.resolve(new Euclidean(maps)) };
}

class Euclidean implements CostVolume {
  readonly source: FeatureMap;
  readonly target: FeatureMap;

  constructor(maps: Pair<FeatureMap>) {
    this.source = normaliseMap(maps.source, 1e-12, "max");
    this.target = normaliseMap(maps.target, 1e-12, "max");
  }

  rows(cells: ArrayLike<number>): Promise<Float32Array> {
    const { channels, data } = this.source;
    const queries = new Float32Array(cells.length * channels);
    for (let i = 0; i < cells.length; i++) {
      queries.set(data.subarray(cells[i]! * channels, (cells[i]! + 1) * channels), i * channels);
    }
    return Promise.resolve(this.#distances(queries));
  }

  sample(cells: Cells): Promise<Float32Array> {
    return Promise.resolve(this.#distances(sampleMap(this.source, cells)));
  }

  dense(): Promise<Float32Array> {
    return Promise.resolve(this.#distances(this.source.data));
  }

  #distances(queries: Float32Array): Float32Array {
    const { channels, data } = this.target;
    const n = queries.length / channels, m = data.length / channels;
    const out = new Float32Array(n * m);
    for (let i = 0, at = 0; i < n; i++) {
      for (let j = 0; j < m; j++, at++) {
        let sum = 0;
        for (let a = i * channels, b = j * channels, end = a + channels; a < end; a++, b++) {
          const difference = queries[a]! - data[b]! + EPS;
          sum += difference * difference;
        }
        out[at] = -Math.sqrt(sum);
      }
    }
    return out;
  }
}
