/**
 * Correlations of many levels of two networks on one grid: every pair of cells is a token, every level one of its
 * features (TransforMatcher, HCCNet).
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import { resizeHwc } from "../image/resize.ts";
import type { FeatureMap, Pair } from "../types.ts";
import { type Descriptors, descriptorsOf, type Ops } from "./volume.ts";

/** Bottlenecks of the last two stages of a ResNet-101, by their maps' names: 23 of layer3 and 3 of layer4. */
export const BOTTLENECKS: readonly string[] = Array.from({ length: 26 }, (_, i) => String(i + 8));

/**
 * Divides every descriptor by its length, without an eps; one that is 0 stays 0, where the official code divides by it.
 *
 * @param slices parts of the channels that are normalised each by itself
 */
export async function unit(ops: Ops, map: Descriptors, slices = 1): Promise<Descriptors> {
  const { rows, cols, channels, data } = map, shape = [rows * cols * slices, channels / slices];
  return { ...map, data: await (await ops.l2Normalize({ data, shape }, { rule: "max", eps: 1e-30 })).take() };
}

/** A level on the common grid: normalised, then resized, and not normalised again. */
async function onGrid(ops: Ops, map: Descriptors, side: number, slices: number): Promise<Descriptors> {
  const normal = await unit(ops, map, slices), size = { rows: side, cols: side };
  if (map.rows === side && map.cols === side) return normal;
  const data = resizeHwc(normal.data, map, size, { kernel: "bilinear", alignCorners: true });
  return { ...size, channels: map.channels, data };
}

/** One slice of the channels. @returns [cells][channels / slices] */
function sliceOf({ rows, cols, channels, data }: Descriptors, slice: number, slices: number) {
  const cells = rows * cols, width = channels / slices;
  if (slices === 1) return { data, shape: [cells, width] };
  const out = new Float32Array(cells * width);
  for (let cell = 0; cell < cells; cell++) {
    const from = cell * channels + slice * width;
    out.set(data.subarray(from, from + width), cell * width);
  }
  return { data: out, shape: [cells, width] };
}

/** Cosines of one level's descriptors on a grid of `side`, slice by slice. @returns [side^2][side^2] each */
export async function levelCorrelations(
  ops: Ops,
  maps: Pair<Descriptors>,
  side: number,
  slices = 1,
): Promise<readonly Float32Array[]> {
  const source = await onGrid(ops, maps.source, side, slices), target = await onGrid(ops, maps.target, side, slices);
  const found: Float32Array[] = [];
  for (let slice = 0; slice < slices; slice++) {
    const product = await ops.correlate(sliceOf(source, slice, slices), sliceOf(target, slice, slices));
    found.push(await product.take());
  }
  return found;
}

/** Correlations of all slices of all levels, negative ones 0. @returns [side^4][levels * slices] */
export async function tokensOf(
  ops: Ops,
  maps: Pair<readonly FeatureMap[]>,
  side: number,
  slices = 1,
): Promise<Float32Array> {
  const features = maps.source.length * slices, out = new Float32Array(side ** 4 * features);
  let feature = 0;
  for (const [level, map] of maps.source.entries()) {
    const pair = { source: descriptorsOf(map), target: descriptorsOf(maps.target[level]!) };
    for (const values of await levelCorrelations(ops, pair, side, slices)) put(values, out, feature++, features);
  }
  return out;
}

/** Writes one feature's values among those of the tokens, NaN and negative ones as 0. */
export function put(values: Float32Array, out: Float32Array, feature: number, features: number): void {
  for (let n = 0, at = feature; n < values.length; n++, at += features) {
    const value = values[n]!;
    out[at] = value > 0 ? value : 0;
  }
}

/**
 * Checks that both pictures have the levels that weights were made for.
 *
 * @throws ConfigError where they have not, naming the option that random weights take.
 */
export function checkLevels({ source, target }: Pair<readonly FeatureMap[]>, levels: number, slices = 1): void {
  const alike = source.every(({ channels }, i) => channels === target[i]?.channels && channels % slices === 0);
  if (source.length === levels && target.length === levels && alike) return;
  const parts = slices > 1 ? `, ${slices} slices of the channels of each` : "";
  throw new ConfigError(
    `Cannot use ${source.length} maps: these weights mix the correlations of ${levels}${parts}; use ` +
      `backbone=resnet101 with the card's layers, or weights=random levels=${source.length}`,
  );
}
