/**
 * VAT from the maps of two pictures to positions in the other one.
 *
 * @module
 */
import { ConfigError } from "../../../core/errors.ts";
import { correlationStack } from "../../../core/hyper/correlation.ts";
import type { PositionField } from "../../../core/hyper/field.ts";
import { OpenNetworks } from "../../../core/hyper/network.ts";
import { encode, type EncoderBlock, type Ops, type Tensor } from "../../../core/hyper/separable.ts";
import { STAGE_COUNTS, stagesOf } from "../../../core/hyper/taps.ts";
import type { FeatureMap, Pair } from "../../../core/types.ts";
import { CHANNELS, type VatParameters } from "./parameters.ts";
import { type FeatureSizes, transformerModel } from "./transformer.ts";

/** An encoder's blocks, one after the other. x is freed. @returns [1, 128, ...] */
export async function encoded(ops: Ops, x: Tensor, blocks: readonly EncoderBlock[]): Promise<Tensor> {
  let y = x;
  for (const block of blocks) {
    const next = await encode(ops, y, block);
    y.dispose();
    y = next;
  }
  return y;
}

/** A map of features, channels last. */
export type Features = Pick<FeatureMap, "grid" | "channels" | "data">;

/** The inputs of {@linkcode transformerModel}. */
export function transformerInputs(volumes: readonly Float32Array[], features: readonly Features[]) {
  const inputs: Record<string, { shape: number[]; data: Float32Array<ArrayBuffer> }> = {};
  volumes.forEach((data, s) => {
    inputs[`volume${s}`] = { shape: [CHANNELS, data.length / CHANNELS], data: data as Float32Array<ArrayBuffer> };
  });
  features.forEach(({ channels, data }, s) => {
    // A run takes its inputs' memory away; these belong to the feature cache.
    inputs[`features${s}`] = { shape: [data.length / channels, channels], data: new Float32Array(data) };
  });
  return inputs;
}

/** The network with its sessions. */
export class VatNetwork {
  readonly #networks = new OpenNetworks();

  constructor(readonly ops: Ops, readonly parameters: VatParameters) {}

  /**
   * @param maps every bottleneck of stages 2 to 4 before its ReLU; the source is the picture asked from (the official
   * "query").
   * @throws ConfigError where the maps are not as many, or not as fine, as the network's
   */
  async positions({ source, target }: Pair<readonly FeatureMap[]>): Promise<PositionField> {
    const { parameters: { encoders, form } } = this;
    // From coarse to fine, as the network counts.
    const first = stagesOf(source, STAGE_COUNTS).toReversed(), last = stagesOf(target, STAGE_COUNTS).toReversed();
    const volumes: Float32Array[] = [];
    for (const [s, blocks] of encoders.entries()) {
      checkSides(first[s]!, last[s]!, expectedSides(form.volumes[s]!, s));
      const stack = await correlationStack(this.ops, { first: first[s]!.maps, last: last[s]!.maps });
      volumes.push(await (await encoded(this.ops, stack, blocks)).take());
    }
    const features = first.map(({ maps }) => maps.at(-1)!);
    const sizes: FeatureSizes = first.map(({ rows, cols }) => [rows, cols]);
    const make = () => transformerModel(this.parameters, sizes, (_, { grid }) => ({ grid }));
    const { grid } = await this.#networks.run(sizes.join(), make, transformerInputs(volumes, features));
    const [, , rows, cols] = grid!.shape as [number, number, number, number];
    return positionsOf(grid!.data, rows, cols);
  }

  /** Gives the sessions back. */
  async close(): Promise<void> {
    await this.#networks.close();
  }
}

/** The grid [2][rows][cols] in cells of the other picture, which is as fine. A regression tells no confidence: 0. */
export function positionsOf(grid: Float32Array, rows: number, cols: number): PositionField {
  const n = rows * cols, to = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    to[2 * i] = (grid[i]! + 1) * (cols - 1) / 2;
    to[2 * i + 1] = (grid[n + i]! + 1) * (rows - 1) / 2;
  }
  return { rows, cols, other: { rows, cols }, to, score: new Float32Array(n) };
}

/** Sides of a stage's maps, which its encoder makes into a volume's: the first pair is halved, the last more. */
function expectedSides(volume: readonly number[], stage: number): { first: number[]; last: number[] } {
  const fold = [2, 4, 8][stage]!;
  return { first: [2 * volume[0]!, 2 * volume[1]!], last: [fold * volume[2]!, fold * volume[3]!] };
}

interface Sides {
  readonly rows: number;
  readonly cols: number;
}

/** @throws ConfigError: position embeddings and windows are made for one size. */
function checkSides(first: Sides, last: Sides, want: { first: number[]; last: number[] }): void {
  const is = ({ rows, cols }: Sides, [r, c]: number[]) => rows === r && cols === c;
  if (is(first, want.first) && is(last, want.last)) return;
  throw new ConfigError(
    `Cannot use maps of ${first.rows} x ${first.cols} and ${last.rows} x ${last.cols} cells where the network reads ${
      want.first.join(" x ")
    } and ${
      want.last.join(" x ")
    }: its position embeddings are made for pictures of 512 pixels; use backbone=resnet101 ` +
      "backbone.size=512",
  );
}
