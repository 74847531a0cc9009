/**
 * HCCNet's network: slices of many layers are correlated, and point-wise convolutions mix the correlations. No weight sees
 * more than one pair of cells (Kim et al., WACV 2024).
 *
 * @module
 */
import { type Affine, takeAffine } from "../../../core/graph/affine.ts";
import { Graph, type Value } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/graph/model.ts";
import { concat, conv, l2Normalize, matmul, relu, reshape, transpose } from "../../../core/graph/ops/mod.ts";
import { InputError } from "../../../core/errors.ts";
import type { Pair } from "../../../core/types.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import { reshapeOf } from "../../../core/weights/tensor.ts";

/** A point-wise convolution: [outputs, inputs] and [outputs]. */
export type Pointwise = Affine;

/** Output channels of the layers; read off a file where there is one. */
function widthsOf(set: WeightSet, fallback: readonly number[]): readonly number[] {
  const widths: number[] = [];
  for (let i = 0; set.tensors.has(`hypercolumn.${i}.weight`); i++) {
    widths.push(set.tensors.get(`hypercolumn.${i}.weight`)!.shape[0] ?? 1);
  }
  return widths.length > 0 ? widths : fallback;
}

/**
 * Takes the layers `hypercolumn.<i>.{weight,bias}`, [outputs][inputs] and [outputs]; a ReLU follows all but the last.
 *
 * @param features correlations of each pair of cells
 * @throws InputError where the fallback is needed and does not end in one channel.
 */
export function takePointwise(set: WeightSet, features: number, fallback: readonly number[]): Pointwise[] {
  const widths = widthsOf(set, fallback);
  if (widths.at(-1) !== 1 || widths.some((width) => !Number.isInteger(width) || width < 1)) {
    throw new InputError(`Cannot use widths=[${widths}]: they are whole numbers, and the last one is 1`);
  }
  return widths.map((outputs, i) => takeAffine(set, `hypercolumn.${i}`, [outputs, widths[i - 1] ?? features]));
}

/** Sizes of a level's map. */
export interface LevelSize {
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
}

/** How levels are correlated. */
export interface HypercolumnShape {
  /** Of the grid that all levels are resized to. */
  readonly side: number;
  /** Parts of each level's channels. */
  readonly slices: number;
}

/**
 * The hypercolumn correlation: cosines of every slice of every level, negative ones 0. Inputs `source{i}` and `target{i}`
 * [1, rows, cols, channels]. Slices are normalised, then resized, and not normalised again.
 *
 * @returns [1, levels * slices, side^2, side^2], source cells first
 */
export function hypercolumn(g: Graph, levels: Pair<readonly LevelSize[]>, { side, slices }: HypercolumnShape): Value {
  const cells = side * side;
  const prepared = (name: string, { rows, cols, channels }: LevelSize) => {
    const cut = reshape(g, g.input(name, [1, rows, cols, channels]), [rows * cols, slices, channels / slices]);
    // No eps: a descriptor that is 0 stays 0.
    const slicesFirst = transpose(g, l2Normalize(g, cut, 2, 1e-30), [1, 0, 2]);
    if (rows === side && cols === side) return slicesFirst;
    const enlarge = g.constant(resizing([rows, cols], [side, side]), [cells, rows * cols], "resize");
    return matmul(g, enlarge, slicesFirst);
  };
  const found = levels.source.map((level, i) => {
    const source = prepared(`source${i}`, level), target = prepared(`target${i}`, levels.target[i]!);
    return matmul(g, source, transpose(g, target, [0, 2, 1]));
  });
  const all = found.length === 1 ? found[0]! : concat(g, found, 0);
  return relu(g, reshape(g, all, [1, found.length * slices, cells, cells]));
}

/** Bilinear resizing of a map, corners aligned, as a matrix [cells of the result][cells of the map]. */
function resizing(from: readonly [number, number], to: readonly [number, number]): Float32Array {
  const taps = [0, 1].map((axis) =>
    Array.from({ length: to[axis]! }, (_, i) => {
      const last = from[axis]! - 1, at = to[axis]! > 1 ? i * last / (to[axis]! - 1) : 0;
      const low = Math.min(Math.floor(at), Math.max(last - 1, 0)), high = Math.min(low + 1, last);
      return [[low, 1 - (at - low)], [high, at - low]] as const;
    })
  );
  const out = new Float32Array(to[0] * to[1] * from[0] * from[1]);
  for (let row = 0, cell = 0; row < to[0]; row++) {
    for (let col = 0; col < to[1]; col++, cell++) {
      for (const [y, byRow] of taps[0]![row]!) {
        for (const [x, byCol] of taps[1]![col]!) out[(cell * from[0] + y) * from[1] + x]! += byRow * byCol;
      }
    }
  }
  return out;
}

/** The layers on every pair of cells. @param x [1, features, rows, cols] @returns [1, 1, rows, cols] */
export function mixed(g: Graph, x: Value, layers: readonly Pointwise[]): Value {
  layers.forEach(({ weight, bias }, i) => {
    const y = conv(g, x, g.weight(reshapeOf(weight, [...weight.shape, 1, 1])), g.weight(bias));
    x = i < layers.length - 1 ? relu(g, y) : y;
  });
  return x;
}

/** The whole network: output `correlation` [side^2, side^2]. */
export function hccnetModel(
  levels: Pair<readonly LevelSize[]>,
  shape: HypercolumnShape,
  layers: readonly Pointwise[],
): Model {
  const g = new Graph("HCCNet"), cells = shape.side ** 2;
  return g.model({ correlation: reshape(g, mixed(g, hypercolumn(g, levels, shape), layers), [cells, cells]) });
}
