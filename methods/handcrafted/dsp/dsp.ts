import { InputError } from "../../../core/errors.ts";
import type { Backbone, ByteMap, FeatureMap, Image, Pair } from "../../../core/types.ts";
import { scaled } from "../../../core/pyramid/scaled.ts";
import type { Ops } from "../../../core/pyramid/grid.ts";
import { scaledMap } from "./scales.ts";
import { type Found, solve, type SolverOptions } from "./solver.ts";
import { PyramidMethod } from "../../../core/pyramid/method.ts";

/** Deformable spatial pyramid matching on the descriptors of a backbone. */
export class Dsp extends PyramidMethod<Found> {
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
    super(backbone);
    this.#scales = scales;
    this.#ops = ops;
    this.#options = options;
    this.#length = length;
  }

  override async match(source: Image, target: Image): Promise<{ maps: Pair<FeatureMap | ByteMap>; found: Found }> {
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

  /** The one map of a picture; bytes where the backbone has them and they stay as they are. */
  async #describe(image: Image): Promise<FeatureMap | ByteMap> {
    const bytes = this.#length === null ? await this.backbone.extractBytes?.(image) : undefined;
    const maps = bytes ?? await this.backbone.extract(image);
    if (maps.length !== 1) {
      const names = maps.map((map) => map.name).join(", ");
      throw new InputError(`Cannot run dsp on ${maps.length} maps (${names}): choose one layer of the backbone`);
    }
    const map = maps[0]!;
    return this.#length === null || map.data instanceof Uint8Array ? map : scaled(map as FeatureMap, this.#length);
  }
}
