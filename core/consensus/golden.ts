/**
 * What the recorded vectors of the family have in common: layouts, and matches in the official code's units.
 *
 * @module
 */
import type { GoldenCase } from "../golden/vectors.ts";
import { toInterleaved } from "../image/colour.ts";
import { argmaxRow } from "../localize/rows.ts";
import { WeightSet } from "../weights/set.ts";
import { tensorOf } from "../weights/tensor.ts";
import { carryKeypoints, type KeypointRule } from "./keypoint_transfer.ts";
import { bestOfRows, type CellMatches, transposed } from "./matches.ts";
import { unpackOffset } from "./relocalise.ts";
import type { Descriptors, Ops, Size4, Volume } from "./volume.ts";

/** The parameters of a case as a checkpoint. */
export function setOf(c: GoldenCase): WeightSet {
  return new WeightSet(
    `case ${c.json.case}`,
    new Map([...c.params()].map(([name, { shape, data }]) => [name, tensorOf(name, shape, data)])),
  );
}

/** One picture of an input [batch, channels, rows, cols]. */
export function descriptorsOfInput(c: GoldenCase, name: string, item = 0): Descriptors {
  const { shape, data } = c.input(name);
  const [, channels, rows, cols] = shape as [number, number, number, number];
  const size = channels * rows * cols;
  return { rows, cols, channels, data: toInterleaved(data.subarray(item * size, (item + 1) * size), channels) };
}

/** The first channels of a volume with channels last, as [channels][cells]. */
export function firstChannels({ data, size }: Volume, count: number): Float32Array {
  const cells = size.reduce((product, side) => product * side, 1), channels = data.length / cells;
  const out = new Float32Array(count * cells);
  for (let c = 0; c < count; c++) {
    for (let cell = 0; cell < cells; cell++) out[c * cells + cell] = data[cell * channels + c]!;
  }
  return out;
}

/** Arrays one after the other: the items of a batch. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/** How the official code names and scales positions. */
export interface MatchNames {
  readonly prefix: string;
  /** `BtoA`: the best A of every B; `AtoB`: the best B of every A. */
  readonly direction: "BtoA" | "AtoB";
  /** Positions from -1 to 1, or from 0 to 1. */
  readonly scale: "centered" | "positive";
  /** Fine cells behind each coarse one. */
  readonly pooled?: { readonly k: number; readonly offset: ArrayLike<number> };
}

/** Every output of a match read-out with soft-max: score, indices and positions in both pictures. */
export function officialMatches({ size, data }: Volume, names: MatchNames): Record<string, ArrayLike<number>> {
  const { prefix, direction, scale, pooled } = names;
  const [hA, wA, hB, wB] = size, a = hA * wA, b = hB * wB, inverted = direction === "BtoA";
  const n = inverted ? b : a;
  const matches: CellMatches = inverted ? bestOfRows(transposed(data, a, b), b, a, true) : bestOfRows(data, a, b, true);
  const k = pooled?.k ?? 1;
  const out: Record<string, number[]> = {};
  const put = (name: string, value: number) => (out[`${prefix}${name}`] ??= []).push(value);
  const line = (i: number, sides: number) => (scale === "centered" ? 2 * i / (sides * k - 1) - 1 : i / (sides * k - 1));
  for (let cell = 0; cell < n; cell++) {
    const cellA = inverted ? matches.index[cell]! : cell, cellB = inverted ? cell : matches.index[cell]!;
    const place = unpackOffset(pooled?.offset[cellA * b + cellB] ?? 0, k);
    const [iA, jA] = [Math.floor(cellA / wA) * k + place[0], cellA % wA * k + place[1]];
    const [iB, jB] = [Math.floor(cellB / wB) * k + place[2], cellB % wB * k + place[3]];
    for (const [name, value] of Object.entries({ iA, jA, iB, jB })) put(name, value);
    put("xA", line(jA, wA));
    put("yA", line(iA, hA));
    put("xB", line(jB, wB));
    put("yB", line(iB, hB));
  }
  return { ...out, [`${prefix}score`]: matches.score };
}

/** Sizes [rows A, cols A, rows B, cols B] of a recorded volume [batch, 1, ...]. */
export function sizeOf(shape: readonly number[]): Size4 {
  return shape.slice(-4) as unknown as Size4;
}

/** A row times a Gaussian around its largest value: an intermediate that the read-out itself never stores. */
export function underGaussian(row: Float32Array, side: number, sigma: number): Float32Array<ArrayBuffer> {
  const best = Math.max(0, argmaxRow(row)), x = best % side, y = Math.floor(best / side);
  return Float32Array.from(row, (value, i) => {
    const dx = i % side - x, dy = Math.floor(i / side) - y;
    return value * Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
  });
}

/**
 * Recorded key-points: planes (x, y) in [-1, 1] of which only the first `n` columns hold points, carried through a volume
 * on square grids. Columns that hold no point are -2.
 *
 * @param u [2][columns]: pixels of a square picture as p = (u / 2 + 1 / 2) * size
 */
export async function carriedPlanes(
  ops: Ops,
  data: Float32Array,
  { u, n, size, side }: { u: Float32Array; n: number; size: number; side: number },
  rule: KeypointRule,
): Promise<Float64Array> {
  const all = u.length / 2, half = size / 2;
  const xy = Float64Array.from({ length: 2 * n }, (_, i) => {
    const pixel = (u[i % 2 * all + (i >> 1)]! * 0.5 + 0.5) * size;
    return ((pixel - half) / half + 1) / 2 * (side - 1);
  });
  const moved = await carryKeypoints(ops, { size: [side, side, side, side], data }, { n, xy }, rule);
  return Float64Array.from(u, (_, i) => {
    const column = i % all;
    return column < n ? 2 * moved.xy[2 * column + (i < all ? 0 : 1)]! / (side - 1) - 1 : -2;
  });
}
