/**
 * Descriptors of one picture at CHM's three scales.
 *
 * @module
 */
import type { Descriptors } from "../../../core/consensus/volume.ts";
import { Graph } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/graph/model.ts";
import { conv, resize, transpose } from "../../../core/graph/ops/mod.ts";
import { Session } from "../../../core/graph/session.ts";
import { defaultSession } from "../../../core/graph/session_options.ts";
import type { WeightTensor } from "../../../core/weights/tensor.ts";

/** Areas of the resized maps, relative to the given one. */
export const SCALES: readonly number[] = [0.5, 1, 2];

/** Side of a map whose area is scaled; halves go to the even number. */
export function scaledSide(side: number, scale: number): number {
  const exact = side * Math.sqrt(scale), low = Math.floor(exact);
  if (exact - low === 0.5) return low % 2 === 0 ? low : low + 1;
  return Math.round(exact);
}

/** One input [1, side, side, channels]; one output per scale, its channels last. */
function pyramidModel(side: number, weights: readonly WeightTensor[]): Model {
  const g = new Graph("CHM's scales"), channels = weights[0]!.shape[1]!;
  const map = transpose(g, g.input("map", [1, side, side, channels]), [0, 3, 1, 2]);
  const outputs = SCALES.map((scale, i) => {
    const own = scaledSide(side, scale);
    const resized = own === side ? map : resize(g, map, own, own, { mode: "bilinear", alignCorners: true });
    const convolved = conv(g, resized, g.weight(weights[i]!), undefined, { padding: 1 });
    return [`scale${i}`, transpose(g, convolved, [0, 2, 3, 1])] as const;
  });
  return g.model(Object.fromEntries(outputs));
}

/** Resizes and convolves; the session of the last size of maps stays open. */
export class Pyramid {
  readonly #weights: readonly WeightTensor[];
  #open: { readonly side: number; readonly session: Promise<Session> } | undefined;

  /** @param weights one 3 x 3 convolution per scale, [channels / 4][channels][3][3] */
  constructor(weights: readonly WeightTensor[]) {
    this.#weights = weights;
  }

  /** @param map square @returns channels / 4 descriptors on three grids */
  async describe({ rows, cols, channels, data }: Descriptors): Promise<readonly Descriptors[]> {
    const session = await this.#session(rows);
    // A run takes its input's memory away; this belongs to the feature cache.
    const found = await session.run({ map: { shape: [1, rows, cols, channels], data: new Float32Array(data) } });
    return SCALES.map((_, i) => {
      const { shape, data } = found[`scale${i}`]!;
      return { rows: shape[1]!, cols: shape[2]!, channels: shape[3]!, data };
    });
  }

  async #session(side: number): Promise<Session> {
    if (this.#open?.side !== side) {
      await this.close();
      // Idle threads that spin would take the cores from the native operations that follow.
      const session = Session.open(pyramidModel(side, this.#weights), { ...defaultSession, spinning: false });
      this.#open = { side, session };
      session.catch(() => this.#open = undefined);
    }
    return await this.#open!.session;
  }

  /** Gives the session back. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.session.then((session) => session.close(), () => {});
  }
}
