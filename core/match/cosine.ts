/**
 * Cosine similarity of two feature maps as a lazy cost volume.
 *
 * @module
 */
import type { Ops } from "../../ffi/mod.ts";
import { sampleMap } from "./sample.ts";
import type { Cells, CostVolume, FeatureMap, Matcher, Pair } from "../types.ts";

/**
 * Compares cells by the cosine of their descriptors, `a.b / ((|a| + eps) (|b| + eps))` (PAPER A1: the survey's second
 * normalisation, eps 1e-6). Positions between cells interpolate the descriptors first and normalise after.
 *
 * @param ops computes large products natively; without it (and for a few rows always) they are computed here.
 * @throws RangeError when the two maps differ in channels.
 */
export function cosine({ eps = 1e-6, ops }: { eps?: number; ops?: Ops } = {}): Matcher {
  return { match: (maps) => Promise.resolve(new CosineVolume(maps, eps, ops)) };
}

/** Multiply-adds from which a call into native code pays for copying the maps there. */
const HEAVY = 2e7;

/** Inverse norms belong to the map, not to the pair: one image meets many partners. */
const norms = new WeakMap<FeatureMap, Map<number, Float32Array>>();

function inverseNorms(map: FeatureMap, eps: number): Float32Array {
  let byEps = norms.get(map);
  if (byEps === undefined) norms.set(map, byEps = new Map());
  let inverse = byEps.get(eps);
  if (inverse === undefined) byEps.set(eps, inverse = computeInverseNorms(map.data, map.channels, eps));
  return inverse;
}

/** 1 / (|v| + eps) for each vector of [n][channels]; a zero vector's similarity to anything is 0. */
export function computeInverseNorms(data: Float32Array, channels: number, eps: number): Float32Array {
  const n = channels === 0 ? 0 : data.length / channels;
  const inverse = new Float32Array(n);
  for (let i = 0, at = 0; i < n; i++) {
    let sum = 0;
    for (const end = at + channels; at < end; at++) sum += data[at]! * data[at]!;
    inverse[i] = 1 / (Math.sqrt(sum) + eps);
  }
  return inverse;
}

class CosineVolume implements CostVolume {
  readonly source: FeatureMap;
  readonly target: FeatureMap;

  constructor(maps: Pair<FeatureMap>, readonly eps: number, readonly ops: Ops | undefined) {
    this.source = maps.source;
    this.target = maps.target;
    if (maps.source.channels !== maps.target.channels) {
      throw new RangeError(`Cannot compare maps of ${maps.source.channels} and ${maps.target.channels} channels`);
    }
  }

  rows(cells: ArrayLike<number>): Promise<Float32Array> {
    const { channels, data } = this.source;
    const queries = new Float32Array(cells.length * channels);
    for (let i = 0; i < cells.length; i++) {
      const at = cells[i]! * channels;
      queries.set(data.subarray(at, at + channels), i * channels);
    }
    return this.#similarities(queries);
  }

  sample(cells: Cells): Promise<Float32Array> {
    return this.#similarities(sampleMap(this.source, cells));
  }

  dense(): Promise<Float32Array> {
    return this.#similarities(this.source.data);
  }

  async #similarities(queries: Float32Array): Promise<Float32Array> {
    const { target, eps, ops } = this;
    const { channels } = target;
    if (ops !== undefined && queries.length * (target.data.length / channels) > HEAVY) {
      const product = await ops.correlate(
        { data: queries, shape: [queries.length / channels, channels] },
        { data: target.data, shape: [target.data.length / channels, channels] },
        { norm: { rule: "plus", eps } },
      );
      return await product.take();
    }
    const scales = computeInverseNorms(queries, channels, eps);
    return dots(queries, scales, target.data, inverseNorms(target, eps), channels);
  }
}

/**
 * Scaled dot products of every query with every key: `(q.k) * qScale * kScale`.
 *
 * @param queries [n][channels] @param keys [m][channels] @returns [n][m]
 */
export function dots(
  queries: Float32Array,
  queryScales: Float32Array,
  keys: Float32Array,
  keyScales: Float32Array,
  channels: number,
): Float32Array {
  const n = queryScales.length;
  const m = keyScales.length;
  const out = new Float32Array(n * m);
  let i = 0;
  // Four queries at a time: each key is loaded once for four sums.
  for (; i + 4 <= n; i += 4) {
    const q0 = i * channels, q1 = q0 + channels, q2 = q1 + channels, q3 = q2 + channels;
    const s0 = queryScales[i]!, s1 = queryScales[i + 1]!, s2 = queryScales[i + 2]!, s3 = queryScales[i + 3]!;
    for (let j = 0; j < m; j++) {
      const k = j * channels;
      let a = 0, b = 0, c = 0, d = 0;
      for (let e = 0; e < channels; e++) {
        const key = keys[k + e]!;
        a += queries[q0 + e]! * key;
        b += queries[q1 + e]! * key;
        c += queries[q2 + e]! * key;
        d += queries[q3 + e]! * key;
      }
      const s = keyScales[j]!;
      out[i * m + j] = a * s0 * s;
      out[(i + 1) * m + j] = b * s1 * s;
      out[(i + 2) * m + j] = c * s2 * s;
      out[(i + 3) * m + j] = d * s3 * s;
    }
  }
  for (; i < n; i++) {
    const q = i * channels;
    for (let j = 0; j < m; j++) {
      const k = j * channels;
      let a = 0;
      for (let e = 0; e < channels; e++) a += queries[q + e]! * keys[k + e]!;
      out[i * m + j] = a * queryScales[i]! * keyScales[j]!;
    }
  }
  return out;
}
