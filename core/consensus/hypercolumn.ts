/**
 * Correlations of many levels of two networks on one grid: every pair of cells is a token, every level one of its
 * features (TransforMatcher). HCCNet reads the same levels and has its network as one graph.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import { resizeHwc } from "../image/resize.ts";
import type { FeatureMap, Pair } from "../types.ts";
import { type Descriptors, descriptorsOf, type Ops } from "./volume.ts";

/** Bottlenecks of the last two stages of a ResNet-101, by their maps' names: 23 of layer3 and 3 of layer4. */
export const BOTTLENECKS: readonly string[] = Array.from({ length: 26 }, (_, i) => String(i + 8));

/** No eps: a descriptor that is 0 stays 0. */
const UNIT = { rule: "max", eps: 1e-30 } as const;

/** Divides every descriptor by its length, without an eps; one that is 0 stays 0, where the official code divides by it. */
export async function unit(ops: Ops, map: Descriptors): Promise<Descriptors> {
  const { rows, cols, channels, data } = map;
  return { ...map, data: await (await ops.l2Normalize({ data, shape: [rows * cols, channels] }, UNIT)).take() };
}

/** A level on the common grid: normalised, then resized, and not normalised again. */
async function onGrid(ops: Ops, map: Descriptors, side: number): Promise<Descriptors> {
  const normal = await unit(ops, map), size = { rows: side, cols: side };
  if (map.rows === side && map.cols === side) return normal;
  const data = resizeHwc(normal.data, map, size, { kernel: "bilinear", alignCorners: true });
  return { ...size, channels: map.channels, data };
}

/** Cosines of one level's descriptors on a grid of `side`. @returns [side^2][side^2] */
export async function levelCorrelation(ops: Ops, maps: Pair<Descriptors>, side: number): Promise<Float32Array> {
  // Maps of the grid's own size are normalised by the product itself, which saves two passes over them.
  const own = [maps.source, maps.target].every(({ rows, cols }) => rows === side && cols === side);
  const source = own ? maps.source : await onGrid(ops, maps.source, side);
  const target = own ? maps.target : await onGrid(ops, maps.target, side);
  const input = ({ rows, cols, channels, data }: Descriptors) => ({ data, shape: [rows * cols, channels] });
  return await (await ops.correlate(input(source), input(target), own ? { norm: UNIT } : {})).take();
}

/** Correlations of all levels, negative ones 0. @returns [side^4][levels] */
export async function tokensOf(ops: Ops, maps: Pair<readonly FeatureMap[]>, side: number): Promise<Float32Array> {
  const features: Float32Array[] = [];
  for (const [level, map] of maps.source.entries()) {
    const pair = { source: descriptorsOf(map), target: descriptorsOf(maps.target[level]!) };
    features.push(await levelCorrelation(ops, pair, side));
  }
  return interleaved(features);
}

/** Tokens written at once, so that their features stay in the cache. */
const TILE = 32;

/** Features of tokens beside each other, NaN and negative ones as 0. @param features [tokens] each @returns [tokens][features] */
export function interleaved(features: readonly Float32Array[]): Float32Array {
  const width = features.length, count = features[0]?.length ?? 0, out = new Float32Array(count * width);
  for (let first = 0; first < count; first += TILE) {
    const end = Math.min(first + TILE, count);
    for (let feature = 0; feature < width; feature++) {
      const values = features[feature]!;
      for (let n = first, at = first * width + feature; n < end; n++, at += width) {
        const value = values[n]!;
        out[at] = value > 0 ? value : 0;
      }
    }
  }
  return out;
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
