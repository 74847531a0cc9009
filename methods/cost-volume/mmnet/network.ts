/**
 * Runs MMNet's head on the maps of a picture.
 *
 * @module
 */
import { ConfigError } from "../../../core/errors.ts";
import { Graph, type Value } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/graph/model.ts";
import { reshape, transpose } from "../../../core/graph/ops/mod.ts";
import { OpenNetworks } from "../../../core/hyper/network.ts";
import type { Descriptors } from "../../../core/consensus/volume.ts";
import { type Head, mmnetHead } from "./head.ts";
import { FEATURES, STAGE_CHANNELS, type StageParameters } from "./parameters.ts";

/** Rows and columns of the four stages, from fine to coarse. */
export type StageSizes = readonly (readonly [rows: number, cols: number])[];

/** Values of a network by name, for recordings. */
export type Taps = (g: Graph, head: Head) => Record<string, Value>;

/** The head as a network; inputs `map{k}`, [rows * cols, channels], counted from 1 through all stages. */
export function headModel(sizes: StageSizes, stages: readonly StageParameters[], taps: Taps): Model {
  const g = new Graph("MMNet's head");
  let k = 0;
  const maps = stages.map(({ blocks }, s) =>
    blocks.map(() => g.input(`map${++k}`, [sizes[s]![0] * sizes[s]![1], STAGE_CHANNELS[s]!]))
  );
  return g.model(taps(g, mmnetHead(g, maps, sizes, stages)));
}

/** What is matched, [rows * cols, 21] per stage. */
function described(g: Graph, { features }: Head): Record<string, Value> {
  return Object.fromEntries(features.map((value, s) => {
    const [, channels, rows, cols] = value.shape as [number, number, number, number];
    return [`level${s + 1}`, transpose(g, reshape(g, value, [channels, rows * cols]), [1, 0])];
  }));
}

/** The head for pictures of any size. */
export class HeadNetwork {
  readonly #networks = new OpenNetworks();

  constructor(readonly stages: readonly StageParameters[], readonly taps: Taps = described) {}

  /**
   * @param maps every bottleneck's map in the order of the network.
   * @returns what is matched, from fine to coarse
   * @throws ConfigError where the maps are not those of the network's stages
   */
  async describe(maps: readonly Descriptors[]): Promise<Descriptors[]> {
    const sizes = this.sizesOf(maps);
    const outputs = await this.run(maps, sizes);
    return sizes.map(([rows, cols], s) => ({ rows, cols, channels: FEATURES, data: outputs[`level${s + 1}`]!.data }));
  }

  /** Every output of the network by name. */
  async run(maps: readonly Descriptors[], sizes = this.sizesOf(maps)) {
    const inputs = Object.fromEntries(maps.map(({ rows, cols, channels, data }, k) => [
      `map${k + 1}`,
      // A run takes its inputs' memory away; these belong to the feature cache.
      { shape: [rows * cols, channels], data: new Float32Array(data) },
    ]));
    return await this.#networks.run(sizes.join(), () => headModel(sizes, this.stages, this.taps), inputs);
  }

  /** Rows and columns of each stage. */
  sizesOf(maps: readonly Descriptors[]): StageSizes {
    const want = this.stages.flatMap(({ blocks }, s) => blocks.map(() => STAGE_CHANNELS[s]!));
    if (maps.length !== want.length || maps.some(({ channels }, k) => channels !== want[k])) {
      throw new ConfigError(
        `Cannot use ${maps.length} maps of ${
          channelsOf(maps)
        } channels: the network reads every bottleneck of a ResNet, ` +
          `${this.stages.map(({ blocks }) => blocks.length).join(", ")} of ${
            STAGE_CHANNELS.join(", ")
          } channels; use ` +
          `backbone=fcn-resnet101 or backbone=resnet101 with backbone.layers=${layersOf(want.length)}`,
      );
    }
    let k = 0;
    const sizes = this.stages.map(({ blocks }) => {
      const { rows, cols } = maps[k]!;
      k += blocks.length;
      return [rows, cols] as const;
    });
    sizes.forEach(([rows, cols], s) => {
      const fine = sizes[s - 1];
      if (fine === undefined) return;
      const same = rows === fine[0] && cols === fine[1], half = 2 * rows === fine[0] && 2 * cols === fine[1];
      if (same || half) return;
      throw new ConfigError(
        `Cannot join stages of ${
          fine.join(" x ")
        } and ${rows} x ${cols} cells: each has as many as the next or twice ` +
          "as many; choose sides in backbone.size that are multiples of 32, such as [320, 224]",
      );
    });
    return sizes;
  }

  /** Gives the sessions back. */
  async close(): Promise<void> {
    await this.#networks.close();
  }
}

/** The names of a ResNet's first bottlenecks, as a list of the command line. */
function layersOf(count: number): string {
  return `[${Array.from({ length: count }, (_, k) => k + 1).join(", ")}]`;
}

function channelsOf(maps: readonly Descriptors[]): string {
  return [...new Set(maps.map(({ channels }) => channels))].join(", ");
}
