/**
 * The tokens of a pair: correlations of every level of two networks on one grid.
 *
 * @module
 */
import { type Descriptors, descriptorsOf, type Ops } from "../../../core/consensus/volume.ts";
import { resizeHwc } from "../../../core/image/resize.ts";
import type { FeatureMap, Pair } from "../../../core/types.ts";

/** Divides every descriptor by its length, without an eps; one that is 0 stays 0, where the official code divides by it. */
export async function unit(ops: Ops, { rows, cols, channels, data }: Descriptors): Promise<Descriptors> {
  const normal = await ops.l2Normalize({ data, shape: [rows * cols, channels] }, { rule: "max", eps: 1e-30 });
  return { rows, cols, channels, data: await normal.take() };
}

/** A level on the common grid: normalised, then resized, and not normalised again. */
async function onGrid(ops: Ops, map: Descriptors, side: number): Promise<Descriptors> {
  const normal = await unit(ops, map), size = { rows: side, cols: side };
  if (map.rows === side && map.cols === side) return normal;
  const data = resizeHwc(normal.data, map, size, { kernel: "bilinear", alignCorners: true });
  return { ...size, channels: map.channels, data };
}

/** Dot products of one level's descriptors. @returns [side^2][side^2] */
export async function levelCorrelation(ops: Ops, maps: Pair<Descriptors>, side: number): Promise<Float32Array> {
  const source = await onGrid(ops, maps.source, side), target = await onGrid(ops, maps.target, side);
  const input = ({ channels, data }: Descriptors) => ({ data, shape: [side * side, channels] });
  return await (await ops.correlate(input(source), input(target))).take();
}

/** Correlations of all levels as features of tokens, negative ones 0. @returns [side^4][levels] */
export async function tokensOf(ops: Ops, maps: Pair<readonly FeatureMap[]>, side: number): Promise<Float32Array> {
  const levels = maps.source.length, out = new Float32Array(side ** 4 * levels);
  for (let level = 0; level < levels; level++) {
    const pair = { source: descriptorsOf(maps.source[level]!), target: descriptorsOf(maps.target[level]!) };
    put(await levelCorrelation(ops, pair, side), out, level, levels);
  }
  return out;
}

/** Writes one level's values among the features of the tokens, NaN and negative ones as 0. */
export function put(values: Float32Array, out: Float32Array, level: number, levels: number): void {
  for (let n = 0, at = level; n < values.length; n++, at += levels) {
    const value = values[n]!;
    out[at] = value > 0 ? value : 0;
  }
}
