/**
 * Principal components of two pictures together (SD-DINO, Zhang et al. 2023).
 *
 * @module
 */
import type { FeatureMap, Pair } from "../types.ts";
import { topEigen } from "./symmetric_eigen.ts";

/**
 * Projects the descriptors of both maps on the `dims` directions in which they vary most, together: their common mean is
 * taken off, nothing is whitened. Where there are fewer directions than asked for, all are kept.
 *
 * The official code asks for a randomised decomposition; this one is exact, and the same every time. Signs of components
 * are free and change no product of descriptors.
 *
 * @throws RangeError where the two differ in channels.
 */
export function coPca({ source, target }: Pair<FeatureMap>, dims: number): Pair<FeatureMap> {
  const { channels } = source;
  if (channels !== target.channels) {
    throw new RangeError(`Cannot find components of maps of ${channels} and ${target.channels} channels`);
  }
  const count = (source.data.length + target.data.length) / channels;
  const centred = new Float64Array(source.data.length + target.data.length);
  centred.set(source.data);
  centred.set(target.data, source.data.length);
  subtractMean(centred, channels);
  const kept = Math.min(dims, channels, count);
  // The smaller of the two products has the same directions.
  const directions = channels <= count
    ? topEigen(scatter(centred, count, channels), channels, kept).vectors
    : fromTokens(centred, count, channels, kept);
  const project = (map: FeatureMap, start: number): FeatureMap => ({
    ...map,
    channels: kept,
    data: projected(centred, start, map.data.length / channels, channels, directions, kept),
  });
  return { source: project(source, 0), target: project(target, source.data.length) };
}

function subtractMean(data: Float64Array, channels: number): void {
  const mean = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) mean[i % channels]! += data[i]!;
  const count = data.length / channels;
  for (let c = 0; c < channels; c++) mean[c]! /= count;
  for (let i = 0; i < data.length; i++) data[i]! -= mean[i % channels]!;
}

/** X'X of X [count][channels]. @returns [channels][channels] */
function scatter(x: Float64Array, count: number, channels: number): Float64Array {
  const out = new Float64Array(channels * channels);
  // Four tokens at a time: the matrix is walked a quarter as often.
  let t = 0;
  for (; t + 4 <= count; t += 4) {
    const a = t * channels, b = a + channels, c = b + channels, d = c + channels;
    for (let i = 0; i < channels; i++) {
      const p = x[a + i]!, q = x[b + i]!, r = x[c + i]!, s = x[d + i]!;
      for (let j = i, at = i * channels + i; j < channels; j++, at++) {
        out[at]! += p * x[a + j]! + q * x[b + j]! + r * x[c + j]! + s * x[d + j]!;
      }
    }
  }
  for (; t < count; t++) {
    const a = t * channels;
    for (let i = 0; i < channels; i++) {
      const p = x[a + i]!;
      for (let j = i, at = i * channels + i; j < channels; j++, at++) out[at]! += p * x[a + j]!;
    }
  }
  return mirrored(out, channels);
}

/** Copies the upper triangle to the lower. */
function mirrored(matrix: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) matrix[j * n + i] = matrix[i * n + j]!;
  return matrix;
}

/** Directions of X'X from the eigenvectors of XX', which is smaller where channels outnumber tokens: v = X'u / |X'u|. */
function fromTokens(x: Float64Array, count: number, channels: number, kept: number): Float64Array {
  const products = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = i; j < count; j++) {
      let sum = 0;
      for (let c = 0, a = i * channels, b = j * channels; c < channels; c++, a++, b++) sum += x[a]! * x[b]!;
      products[i * count + j] = sum;
    }
  }
  const { values, vectors } = topEigen(mirrored(products, count), count, kept);
  const directions = new Float64Array(kept * channels);
  for (let v = 0; v < kept; v++) {
    // A direction without extent projects to zero, whatever it is.
    if (!(values[v]! > values[0]! * 1e-13)) continue;
    const scale = 1 / Math.sqrt(values[v]!);
    for (let t = 0; t < count; t++) {
      const weight = vectors[v * count + t]! * scale;
      for (let c = 0, to = v * channels, from = t * channels; c < channels; c++) {
        directions[to++]! += weight * x[from++]!;
      }
    }
  }
  return directions;
}

/** @returns [count][kept] */
function projected(
  x: Float64Array,
  start: number,
  count: number,
  channels: number,
  directions: Float64Array,
  kept: number,
): Float32Array {
  const out = new Float32Array(count * kept);
  for (let t = 0, at = 0; t < count; t++) {
    const from = start + t * channels;
    for (let v = 0; v < kept; v++, at++) {
      let sum = 0;
      for (let c = 0, d = v * channels; c < channels; c++, d++) sum += x[from + c]! * directions[d]!;
      out[at] = sum;
    }
  }
  return out;
}
