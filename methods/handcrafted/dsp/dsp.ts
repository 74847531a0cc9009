import { InputError } from "../../../core/errors.ts";
import type { Backbone, ByteMap, FeatureMap, Image, Pair } from "../../../core/types.ts";
import { scaled } from "../../../core/pyramid/scaled.ts";
import type { Described } from "../../../core/pyramid/descriptors.ts";
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

  override async match(source: Image, target: Image): Promise<{ maps: Pair<Described>; found: Found }> {
    const maps = { source: await this.#describe(source), target: await this.#describe(target) };
    const scales = this.#scales.map((scale) => ({
      scale,
      map: () =>
        scale === 1 ? Promise.resolve(maps.target) : scaledMap((image) => this.#map(image), target, maps.target, scale),
    }));
    return { maps, found: await solve(this.#ops, maps.source, scales, this.#options) };
  }

  /** What the one map of a picture is made from, where the backbone has that and its descriptors stay as they are. */
  async #describe(image: Image): Promise<Described> {
    const parts = this.#length === null ? await this.backbone.extractParts?.(image) : undefined;
    return parts === undefined ? await this.#map(image) : theOne(parts);
  }

  /** The one map of a picture; bytes where the backbone has them and they stay as they are. */
  async #map(image: Image): Promise<FeatureMap | ByteMap> {
    const bytes = this.#length === null ? await this.backbone.extractBytes?.(image) : undefined;
    if (bytes !== undefined) return theOne(bytes);
    const map = theOne(await this.backbone.extract(image));
    return this.#length === null ? map : scaled(map, this.#length);
  }
}

/** @throws InputError unless there is one */
function theOne<Map extends Described>(maps: readonly Map[]): Map {
  if (maps.length === 1) return maps[0]!;
  const names = maps.map((map) => map.name).join(", ");
  throw new InputError(`Cannot run dsp on ${maps.length} maps (${names}): choose one layer of the backbone`);
}
