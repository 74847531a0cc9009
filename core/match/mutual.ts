/**
 * The soft mutual-nearest-neighbour filter.
 *
 * @module
 */
import type { Aggregator, Cells, CostVolume } from "../types.ts";

/**
 * Scales every similarity by how near it is to being the best of its row and of its column:
 * `c * (c / (max over targets + eps)) * (c / (max over sources + eps))`, signed maxima (NC-Net, Rocco et al. 2018).
 *
 * The column maxima need every similarity once, but never all at the same time: rows are made in blocks, and the
 * volume stays lazy.
 */
export function softMutual({ eps = 1e-5, block = 512 }: { eps?: number; block?: number } = {}): Aggregator {
  return {
    aggregate: async (volume) => new MutualVolume(volume, await columnMaxima(volume, block), eps),
  };
}

async function columnMaxima(volume: CostVolume, block: number): Promise<Float32Array> {
  const sources = volume.source.grid.rows * volume.source.grid.cols;
  const targets = volume.target.grid.rows * volume.target.grid.cols;
  const maxima = new Float32Array(targets).fill(-Infinity);
  for (let start = 0; start < sources; start += block) {
    const count = Math.min(block, sources - start);
    const rows = await volume.rows(Int32Array.from({ length: count }, (_, i) => start + i));
    for (let i = 0, at = 0; i < count; i++) {
      for (let j = 0; j < targets; j++, at++) if (rows[at]! > maxima[j]!) maxima[j] = rows[at]!;
    }
  }
  return maxima;
}

class MutualVolume implements CostVolume {
  readonly source;
  readonly target;

  constructor(readonly inner: CostVolume, readonly maxima: Float32Array, readonly eps: number) {
    this.source = inner.source;
    this.target = inner.target;
  }

  async rows(cells: ArrayLike<number>): Promise<Float32Array> {
    return this.#filter(await this.inner.rows(cells));
  }

  async sample(cells: Cells): Promise<Float32Array> {
    return this.#filter(await this.inner.sample(cells));
  }

  async dense(): Promise<Float32Array> {
    return this.#filter(await this.inner.dense());
  }

  #filter(rows: Float32Array): Float32Array {
    const m = this.maxima.length;
    const out = new Float32Array(rows.length);
    for (let start = 0; start < rows.length; start += m) {
      let best = -Infinity;
      for (let j = 0; j < m; j++) if (rows[start + j]! > best) best = rows[start + j]!;
      for (let j = 0; j < m; j++) {
        const c = rows[start + j]!;
        out[start + j] = c * ((c / (best + this.eps)) * (c / (this.maxima[j]! + this.eps)));
      }
    }
    return out;
  }
}
