/**
 * From costs of pixels to costs of the pyramid's cells.
 *
 * @module
 */
import { nodeAt, nodesAbove } from "./graph.ts";

/** Costs of the nodes. */
export interface NodeCosts {
  /** [nodes][states], every level divided by its mean. */
  readonly data: Float32Array;
  /** The mean of each level before that. */
  readonly means: readonly number[];
}

/** Sizes of the costs of pixels. */
export interface CostSize {
  readonly states: number;
  readonly cols: number;
  readonly rows: number;
}

/**
 * Mean cost of every node under every translation, by integral images.
 *
 * The authors' program takes I(bottom, right) + I(top, left) - I(top, right) - I(bottom, left) with inclusive corners,
 * which leaves out the box's first row and column, and divides by the number of all its pixels; `whole` takes them all.
 * A node without pixels (tiny maps) costs nothing, and a level without costs is not divided.
 * The costs of some translations come at a time.
 */
export class NodeSums {
  readonly #data: Float32Array<ArrayBuffer>;
  readonly #integral: Float32Array<ArrayBuffer>;

  constructor(readonly size: CostSize, readonly levels: number, readonly whole: boolean) {
    this.#data = new Float32Array(nodesAbove(levels) * size.states);
    // One row and column of zeros before the first, which the authors' form never reads.
    this.#integral = new Float32Array((size.cols + 1) * (size.rows + 1));
  }

  /** @param costs [some states][cols][rows] @param first their first state */
  add(costs: Float32Array, first: number): void {
    const cells = this.size.cols * this.size.rows;
    for (let from = 0; from < costs.length; from += cells) this.#addState(costs, from, first++);
  }

  /** The costs, once every state was added; more may not be added. */
  finish(): NodeCosts {
    const data = this.#data, { states } = this.size;
    const means: number[] = [];
    for (let level = 0; level < this.levels; level++) {
      const part = data.subarray(nodesAbove(level) * states, nodesAbove(level + 1) * states);
      let sum = 0;
      // In single precision, as the authors' script has it: its error is a ten-thousandth.
      for (let i = 0; i < part.length; i++) sum = Math.fround(sum + part[i]!);
      const mean = Math.fround(sum / part.length);
      means.push(mean);
      if (mean > 0) { for (let i = 0; i < part.length; i++) part[i] = part[i]! / mean; }
    }
    return { data, means };
  }

  #addState(costs: Float32Array, from: number, state: number): void {
    const { states, cols, rows } = this.size, data = this.#data, integral = this.#integral;
    const stride = rows + 1;
    for (let x = 0, i = from; x < cols; x++) {
      let run = 0;
      for (let y = 0; y < rows; y++, i++) {
        run = Math.fround(run + costs[i]!);
        integral[(x + 1) * stride + y + 1] = run + integral[x * stride + y + 1]!;
      }
    }
    for (let level = 0; level < this.levels; level++) {
      const side = 2 ** level, w = Math.floor(cols / side), h = Math.floor(rows / side);
      if (w === 0 || h === 0) continue;
      for (let bx = 0; bx < side; bx++) {
        for (let by = 0; by < side; by++) {
          const skip = this.whole ? 0 : 1;
          const left = (bx * w + skip) * stride, right = (bx + 1) * w * stride;
          const top = by * h + skip, bottom = (by + 1) * h;
          const sum = Math.fround(
            Math.fround(
              Math.fround(integral[left + top]! + integral[right + bottom]!) - integral[right + top]!,
            ) - integral[left + bottom]!,
          );
          data[nodeAt(level, bx, by) * states + state] = sum / (w * h);
        }
      }
    }
  }
}
