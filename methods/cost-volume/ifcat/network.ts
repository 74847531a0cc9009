/**
 * IFCAT's network behind the backbone, as one graph: from coarse to fine, each level's features and costs begin with what
 * the level before made of its own, and go through layers of integrative self-attention and cross-attention.
 *
 * @module
 */
import { type Affine, applyLinear, takeAffine } from "../../../core/graph/affine.ts";
import { Graph, type Value } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/graph/model.ts";
import { add, concat, l2Normalize, matmul, reshape, resize, transpose } from "../../../core/graph/ops/mod.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import {
  crossAttend,
  type CrossWeights,
  selfAttend,
  type SelfWeights,
  type State,
  takeCross,
  takeSelf,
} from "./layers.ts";

/** What shapes the network. */
export interface IfcatShape {
  /** Cells per side of each level, coarse first. */
  readonly sides: readonly number[];
  /** Channels of the features inside. */
  readonly width: number;
  /** Pairs of layers in each level. */
  readonly depth: number;
  readonly heads: number;
  /** Of the soft-max over the cost. */
  readonly temperature: number;
}

interface Level {
  readonly side: number;
  readonly projection: Affine;
  readonly blocks: readonly { readonly self: SelfWeights; readonly cross: CrossWeights }[];
}

/** Parameters of everything behind the backbone. */
export interface IfcatWeights {
  readonly shape: IfcatShape;
  readonly levels: readonly Level[];
}

/** Takes `level.<i>.projection.*` and `level.<i>.block.<j>.{self,cross}.*`. @param channels of each level's map */
export function takeIfcat(set: WeightSet, channels: readonly number[], shape: IfcatShape): IfcatWeights {
  const { sides, width, depth } = shape;
  return {
    shape,
    levels: sides.map((side, i) => ({
      side,
      projection: takeAffine(set, `level.${i}.projection`, [width, channels[i]!]),
      blocks: Array.from({ length: depth }, (_, j) => ({
        self: takeSelf(set, `level.${i}.block.${j}.self`, width, side * side),
        cross: takeCross(set, `level.${i}.block.${j}.cross`, width),
      })),
    })),
  };
}

/** The sizes of a level's map. */
export interface MapSize {
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
}

/** Planes on another grid, corner cells staying where they are. @param x [n][side * side][channels] */
function onGrid(g: Graph, x: Value, from: { rows: number; cols: number }, side: number): Value {
  const [n, , channels] = x.shape, { rows, cols } = from;
  if (rows === side && cols === side) return x;
  const planes = reshape(g, transpose(g, x, [0, 2, 1]), [n!, channels!, rows, cols]);
  const resized = resize(g, planes, side, side, { mode: "bilinear", alignCorners: true });
  return transpose(g, reshape(g, resized, [n!, channels!, side * side]), [0, 2, 1]);
}

/** A cost volume on finer grids of both pictures. @param cost [from * from][from * from] */
function finerCost(g: Graph, cost: Value, from: number, side: number): Value {
  const square = { rows: from, cols: from }, small = from * from, large = side * side;
  // Rows are source cells: as tokens they are resized over the source; transposed, over the target.
  const tall = onGrid(g, reshape(g, cost, [1, small, small]), square, side);
  const turned = onGrid(g, transpose(g, tall, [0, 2, 1]), square, side);
  return reshape(g, transpose(g, turned, [0, 2, 1]), [large, large]);
}

/**
 * Builds the network. Inputs are `source0`, `target0`, `source1`, ...: maps [1][rows][cols][channels], coarse first, each
 * brought to its level's grid.
 *
 * @returns the state after each level
 */
export function ifcatGraph(
  sizes: { readonly source: readonly MapSize[]; readonly target: readonly MapSize[] },
  { shape, levels }: IfcatWeights,
): { g: Graph; states: readonly State[] } {
  const g = new Graph("IFCAT"), states: State[] = [];
  levels.forEach(({ side, projection, blocks }, i) => {
    const [source, target] = (["source", "target"] as const).map((picture) => {
      const { rows, cols, channels } = sizes[picture][i]!;
      const given = reshape(g, g.input(`${picture}${i}`, [1, rows, cols, channels]), [1, rows * cols, channels]);
      return onGrid(g, given, { rows, cols }, side);
    });
    const units = [source!, target!].map((x) => l2Normalize(g, x, 2));
    const cosines = matmul(g, units[0]!, transpose(g, units[1]!, [0, 2, 1]));
    let state: State = {
      features: applyLinear(g, concat(g, [source!, target!], 0), projection),
      cost: reshape(g, cosines, [side ** 2, side ** 2]),
    };
    const coarse = states.at(-1);
    if (coarse !== undefined) {
      const before = levels[i - 1]!.side, square = { rows: before, cols: before };
      state = {
        features: add(g, state.features, onGrid(g, coarse.features, square, side)),
        cost: add(g, state.cost, finerCost(g, coarse.cost, before, side)),
      };
    }
    for (const { self, cross } of blocks) {
      state = crossAttend(g, selfAttend(g, state, self, shape.heads), cross, shape.temperature);
    }
    states.push(state);
  });
  return { g, states };
}

/** The network's model: `cost` is the finest level's, [source cells][target cells]. */
export function ifcatModel(...given: Parameters<typeof ifcatGraph>): Model {
  const { g, states } = ifcatGraph(...given);
  return g.model({ cost: states.at(-1)!.cost });
}
