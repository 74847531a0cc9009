/**
 * Deformable spatial pyramids: grid layer, then pixel layer.
 *
 * @module
 */
import { nodeAt } from "../../../core/pyramid/graph.ts";
import { type Described, type Descriptors, openDescriptors } from "../../../core/pyramid/descriptors.ts";
import {
  type GridFound,
  gridLayer,
  type GridOptions,
  gridSize,
  type Ops,
  translationOf,
} from "../../../core/pyramid/grid.ts";
import { leafBlocks } from "../../../core/pyramid/leaves.ts";
import { Room, searchBlock } from "../../../core/pyramid/search.ts";
import type { Pair } from "../../../core/types.ts";

/** Constants of both layers. */
export interface SolverOptions extends GridOptions {
  /** Cost per cell of difference from the grid layer's translation. */
  readonly deform: number;
  /** Cost of a pixel whose target has another scale than 1, per octave. */
  readonly scaleCost: number;
}

/** The target's descriptors at a scale. */
export interface ScaledTarget {
  readonly scale: number;
  /** On the cells of the unscaled target. */
  readonly map: () => Promise<Described>;
}

/** Both layers' answer. */
export interface Found {
  /** Cells between samples, and number of translations per axis. */
  readonly step: number;
  readonly nx: number;
  readonly ny: number;
  readonly means: readonly number[];
  /** [nodes]: state of every node, x * ny + y. */
  readonly states: Int32Array;
  /** Sum over nodes of the unary cost of their states. */
  readonly unarySum: number;
  /** [rows][cols][2]: what the leaves say, and the flow; displacements (x, y) in cells. */
  readonly grid: Int32Array;
  readonly flow: Int32Array;
  /** [rows][cols]: distance of the descriptors at both ends. */
  readonly cost: Float32Array;
  /** [rows][cols]: index of each cell's scale. */
  readonly scale: Uint8Array;
}

/**
 * Minimises both layers. The grid layer has one scale; in the pixel layer each cell takes the scale and displacement of
 * least distance plus costs of deviating, the first scale of equals.
 *
 * @param scales the first one is scale 1 and the grid layer's
 */
export async function solve(
  ops: Ops,
  source: Described,
  scales: readonly ScaledTarget[],
  options: SolverOptions,
): Promise<Found> {
  const room = new Room();
  using own = await openDescriptors(ops, source, room, 0);
  using plain = await openDescriptors(ops, await scales[0]!.map(), room, 1);
  const found = await gridOf(ops, { source: own, target: plain }, options);
  const { step, nx, ny, unary, states } = found;
  const unarySum = states.reduce((sum, state, node) => sum + unary.data[node * nx * ny + state]!, 0);
  const { rows, cols } = source.grid, cells = rows * cols;
  const side = 2 ** (options.levels - 1);
  const leaves = leafBlocks(cols, rows, side).map((block, leaf) => {
    const state = states[nodeAt(options.levels - 1, Math.floor(leaf / side), leaf % side)]!;
    return { block, translation: translationOf(found, state) };
  });
  const grid = new Int32Array(2 * cells), flow = new Int32Array(2 * cells);
  const cost = new Float32Array(cells), scale = new Uint8Array(cells), least = new Float32Array(cells).fill(Infinity);
  for (const [s, { scale: factor, map }] of scales.entries()) {
    using scaled = s === 0 ? null : await openDescriptors(ops, await map(), room, 1);
    const target = scaled ?? plain;
    const extra = options.scaleCost * Math.abs(Math.log2(factor));
    for (const { block, translation } of leaves) {
      const width = block.right - block.left, count = width * (block.bottom - block.top);
      if (count === 0) continue;
      const start = Int32Array.from({ length: 2 * count }, (_, i) => translation[i & 1]!);
      const found = await searchBlock(ops, own.take, block, start, plain.size, target.take, options);
      for (let k = 0; k < count; k++) {
        const p = (block.top + Math.floor(k / width)) * cols + block.left + k % width;
        const dx = found.flow[2 * k]!, dy = found.flow[2 * k + 1]!;
        const away = Math.abs(dx - translation[0]) + Math.abs(dy - translation[1]);
        const value = found.cost[k]! + options.deform * away + extra;
        if (s > 0 && !(value < least[p]!)) continue;
        [least[p], cost[p], scale[p]] = [value, found.cost[k]!, s];
        [flow[2 * p], flow[2 * p + 1], grid[2 * p], grid[2 * p + 1]] = [dx, dy, translation[0], translation[1]];
      }
    }
  }
  return { step, nx, ny, means: unary.means, states, unarySum, grid, flow, cost, scale };
}

/** The grid layer, on every `step`-th cell of both. */
async function gridOf(ops: Ops, maps: Pair<Descriptors>, options: SolverOptions): Promise<GridFound> {
  const size = gridSize({ source: maps.source.size, target: maps.target.size }, options.samples);
  using source = await maps.source.sampled(size.step);
  using target = await maps.target.sampled(size.step);
  return await gridLayer(ops, { source, target }, size, options);
}
