/**
 * The volume of the neighbourhood-consensus family: correlation, mutual matching, 4-D convolutions, mutual matching.
 *
 * @module
 */
import type { Conv4dLayer, Norm, Ops } from "../../ffi/mod.ts";
import { sampleRows } from "../match/sample.ts";
import type { Cells, CostVolume, FeatureMap, Lattice, Pair } from "../types.ts";

export type { Conv4dLayer, Ops };

/** Rows and columns of the source map, then of the target map. */
export type Size4 = readonly [number, number, number, number];

/** A whole volume with its sizes. */
export interface Volume {
  readonly size: Size4;
  /** [source rows][source cols][target rows][target cols], or with channels last while a network runs. */
  readonly data: Float32Array;
}

/** NC-Net divides descriptors by sqrt(sum of squares + 1e-6). */
export const FEATURE_NORM: Norm = { rule: "root", eps: 1e-6 };

/** What a correlation needs of a map. */
export interface Descriptors {
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
  /** [rows][cols][channels] */
  readonly data: Float32Array;
}

/** A feature map as plain descriptors. */
export function descriptorsOf({ grid, channels, data }: FeatureMap): Descriptors {
  return { rows: grid.rows, cols: grid.cols, channels, data };
}

/**
 * Dot products of all descriptors of two maps, normalised first unless `norm` is null.
 *
 * @throws RangeError where the maps differ in channels.
 */
export async function correlation(
  ops: Ops,
  { source, target }: Pair<Descriptors>,
  norm: Norm | null = FEATURE_NORM,
): Promise<Volume> {
  const input = ({ rows, cols, channels, data }: Descriptors) => ({ data, shape: [rows * cols, channels] });
  const product = await ops.correlate(input(source), input(target), norm === null ? {} : { norm });
  return { size: [source.rows, source.cols, target.rows, target.cols], data: await product.take() };
}

/** Descriptors divided by their length. */
export async function normalised(ops: Ops, map: Descriptors): Promise<Descriptors> {
  const { rows, cols, channels, data } = map;
  return { ...map, data: await (await ops.l2Normalize({ data, shape: [rows * cols, channels] }, FEATURE_NORM)).take() };
}

/** Mutual matching: c * (c / (row's largest + 1e-5)) * (c / (column's largest + 1e-5)), signed maxima. */
export async function mutualMatching(ops: Ops, { size, data }: Volume): Promise<Volume> {
  const [I, J, K, L] = size;
  return { size, data: await (await ops.mutual({ data, shape: [I * J, K * L] })).take() };
}

/**
 * Layers on a volume, channels last. `symmetric`: net(x) + T(net(T(x))), T swapping source and target, so that the
 * order of the pictures does not matter.
 */
export async function convolve(
  ops: Ops,
  { size, data }: Volume,
  layers: readonly Conv4dLayer[],
  symmetric = true,
): Promise<Volume> {
  const out = await ops.conv4d({ data, shape: [...size, layers[0]!.inChannels] }, layers, { symmetric });
  return { size, data: await out.take() };
}

/** A network on volumes: one channel in, one out. */
export type Consensus = (volume: Volume) => Promise<Volume>;

/** Mutual matching before and after a network: what every method of the family does with a correlation. */
export async function filtered(ops: Ops, volume: Volume, consensus: Consensus): Promise<Volume> {
  return await mutualMatching(ops, await consensus(await mutualMatching(ops, volume)));
}

/** A volume on grids of another side, corner cells staying where they are: source cells first, then target cells. */
export async function resizedVolume(ops: Ops, { size: from, data }: Volume, side: number): Promise<Volume> {
  const size = [side, side, side, side] as const;
  return { size, data: await (await ops.interpolate4d({ data, shape: [...from, 1] }, { size })).take() };
}

/** A whole volume for the localizers. Positions between cells interpolate its rows. */
export function denseVolume({ size: [rows, cols, ,], data }: Volume, lattices: Pair<Lattice>): CostVolume {
  const m = data.length / (rows * cols);
  return {
    ...lattices,
    rows(cells) {
      const out = new Float32Array(cells.length * m);
      for (let i = 0; i < cells.length; i++) out.set(data.subarray(cells[i]! * m, (cells[i]! + 1) * m), i * m);
      return Promise.resolve(out);
    },
    sample: (cells: Cells) => Promise.resolve(sampleRows(data, rows, cols, cells)),
    dense: () => Promise.resolve(data),
  };
}
