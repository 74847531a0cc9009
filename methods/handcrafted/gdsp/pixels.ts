/**
 * The pixel layer: every pixel's own displacement, scale and rotation.
 *
 * @module
 */
import type { Descriptors } from "../../../core/pyramid/descriptors.ts";
import { nodesAbove } from "../../../core/pyramid/graph.ts";
import type { Ops } from "../../../core/pyramid/grid.ts";
import { leafBlocks } from "../../../core/pyramid/leaves.ts";
import { Room, searchBlock, uploading } from "../../../core/pyramid/search.ts";
import type { Block, Pair, Size } from "../../../core/types.ts";
import { bend, type Labels } from "./changes.ts";
import type { Problem } from "./energy.ts";
import type { Field } from "./field.ts";
import type { Node } from "./nodes.ts";

/** How pixels deviate from the leaves. */
export interface PixelOptions {
  /** Cost per cell of difference from where the leaf takes the pixel. */
  readonly deform: number;
  /** How far a leaf reaches over its neighbours, as a share of its block. */
  readonly overlap: number;
}

/** The dense answer. */
export interface PixelField {
  /** [rows][cols][2]: displacements (x, y) in cells. */
  readonly flow: Int32Array;
  /** [rows][cols]: distance of the descriptors at both ends. */
  readonly cost: Float32Array;
  /** [rows][cols]: number of the change. */
  readonly change: Uint16Array;
}

/**
 * DSP's pixel layer around where each leaf's transformation, its scale and rotation in it, takes the pixels of its block:
 * there the best descriptors are searched, with a cost for deviating. With an `overlap`, leaves also propose theirs to
 * pixels around their block; a pixel keeps the proposal of least cost, the first leaf's of equals.
 */
export async function pixelLayer(
  ops: Ops,
  maps: Pair<Descriptors>,
  problem: Problem,
  labels: Labels,
  levels: number,
  { deform, overlap }: PixelOptions,
): Promise<PixelField> {
  const { field, nodes, changes, weights: { bound } } = problem;
  const { width: cols, height: rows } = maps.source.size;
  const flow = new Int32Array(2 * rows * cols), cost = new Float32Array(rows * cols);
  const change = new Uint16Array(rows * cols), least = new Float32Array(rows * cols).fill(Infinity);
  const first = nodesAbove(levels - 1), room = new Room();
  for (const [leaf, own] of leafBlocks(cols, rows, 2 ** (levels - 1)).entries()) {
    if (own.right <= own.left || own.bottom <= own.top) continue;
    const i = first + leaf, block = widened(own, maps.source.size, overlap);
    const width = block.right - block.left, height = block.bottom - block.top;
    const predicted = predict(problem, labels, i, nodes[i]!, block);
    const label = labels.change[i]!, plain = label === changes.identity || !field.steers;
    const target = plain
      ? maps.target.take
      : uploading(ops, field.channels, room, 1, (crop, out) => writeTarget(field, label, crop, out));
    const found = await searchBlock(ops, maps.source.take, block, predicted, maps.target.size, target, {
      deform,
      bound,
    });
    for (let y = 0, k = 0; y < height; y++) {
      for (let x = 0; x < width; x++, k++) {
        const dx = found.flow[2 * k]!, dy = found.flow[2 * k + 1]!;
        const value = found.cost[k]! +
          deform * (Math.abs(dx - predicted[2 * k]!) + Math.abs(dy - predicted[2 * k + 1]!));
        const p = (block.top + y) * cols + block.left + x;
        if (!(value < least[p]!)) continue;
        least[p] = value;
        [flow[2 * p], flow[2 * p + 1], cost[p], change[p]] = [dx, dy, found.cost[k]!, label];
      }
    }
  }
  return { flow, cost, change };
}

/** A leaf's block with its margin. */
function widened({ left, top, right, bottom }: Block, { width, height }: Size, overlap: number): Block {
  const x = Math.ceil(overlap * (right - left)), y = Math.ceil(overlap * (bottom - top));
  return {
    left: Math.max(left - x, 0),
    top: Math.max(top - y, 0),
    right: Math.min(right + x, width),
    bottom: Math.min(bottom + y, height),
  };
}

/** Displacements that a node's label gives the block's cells: [height][width][2]. */
function predict({ changes }: Problem, { change, dx, dy }: Labels, i: number, { x, y }: Node, block: Block) {
  const out = new Int32Array(2 * (block.right - block.left) * (block.bottom - block.top));
  for (let row = block.top, k = 0; row < block.bottom; row++) {
    for (let col = block.left; col < block.right; col++, k += 2) {
      const [bx, by] = bend(changes, change[i]!, col - x, row - y);
      out[k] = Math.round(bx) + dx[i]!;
      out[k + 1] = Math.round(by) + dy[i]!;
    }
  }
  return out;
}

/** The target's descriptors in a rectangle, as a change sees them. */
function writeTarget(field: Field, change: number, { left, top, right, bottom }: Block, out: Float32Array): void {
  for (let y = top, to = 0; y < bottom; y++) {
    for (let x = left; x < right; x++, to += field.channels) field.write(change, x, y, out, to);
  }
}
