import { InputError } from "../../../core/errors.ts";
import type { Backbone, FeatureMap, Flow, Image, Matches, Method, Pair, Points } from "../../../core/types.ts";
import { scaled } from "../../../core/pyramid/scaled.ts";
import type { Ops } from "../../../core/pyramid/grid.ts";
import { scaledMap } from "./scales.ts";
import { type Found, solve, type SolverOptions } from "./solver.ts";
import { denseFlow, follow } from "../../../core/pyramid/transfer.ts";

/** Deformable spatial pyramid matching on the descriptors of a backbone. */
export class Dsp implements Method {
  readonly #backbone: Backbone;
  readonly #ops: Ops;
  readonly #options: SolverOptions;
  readonly #scales: readonly number[];
  readonly #length: number | null;

  /**
   * @param scales of the target's descriptors, 1 first
   * @param length given to every descriptor; null: as they are
   */
  constructor(
    backbone: Backbone,
    ops: Ops,
    options: SolverOptions,
    scales: readonly number[],
    length: number | null,
  ) {
    this.#scales = scales;
    this.#backbone = backbone;
    this.#ops = ops;
    this.#options = options;
    this.#length = length;
  }

  /** @throws InputError where the backbone gives several maps */
  async correspond(source: Image, target: Image, points: Points): Promise<Matches> {
    const { maps, found } = await this.match(source, target);
    return follow(maps, found, points, target);
  }

  /** @throws InputError where the backbone gives several maps */
  async flow(source: Image, target: Image): Promise<Flow> {
    const { maps, found } = await this.match(source, target);
    return denseFlow(maps, found, target);
  }

  /** Everything that is computed for a pair. */
  async match(source: Image, target: Image): Promise<{ maps: Pair<FeatureMap>; found: Found }> {
    const maps = { source: await this.#describe(source), target: await this.#describe(target) };
    const scales = this.#scales.map((scale) => ({
      scale,
      map: () =>
        scale === 1
          ? Promise.resolve(maps.target)
          : scaledMap((image) => this.#describe(image), target, maps.target, scale),
    }));
    return { maps, found: await solve(this.#ops, maps.source, scales, this.#options) };
  }

  async close(): Promise<void> {
    await this.#backbone.close?.();
  }

  async #describe(image: Image): Promise<FeatureMap> {
    const maps = await this.#backbone.extract(image);
    if (maps.length !== 1) {
      const names = maps.map((map) => map.name).join(", ");
      throw new InputError(`Cannot run dsp on ${maps.length} maps (${names}): choose one layer of the backbone`);
    }
    return this.#length === null ? maps[0]! : scaled(maps[0]!, this.#length);
  }
}
