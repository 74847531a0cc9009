import { onlyMap } from "../../../core/compose.ts";
import type { Ops } from "../../../core/pyramid/grid.ts";
import { scaled } from "../../../core/pyramid/scaled.ts";
import { denseFlow, follow } from "../../../core/pyramid/transfer.ts";
import type { Backbone, FeatureMap, Flow, Image, Matches, Method, Pair, Points } from "../../../core/types.ts";
import type { Changes } from "./changes.ts";
import { mapField, siftField } from "./field.ts";
import { type Found, solve, type SolverOptions } from "./solver.ts";

/** Generalized deformable spatial pyramids on the descriptors of a backbone. */
export class Gdsp implements Method {
  readonly #backbone: Backbone;
  readonly #ops: Ops;
  readonly #changes: Changes;
  readonly #options: SolverOptions;
  readonly #length: number | null;

  /** @param length given to every descriptor; null: as they are */
  constructor(backbone: Backbone, ops: Ops, changes: Changes, options: SolverOptions, length: number | null) {
    this.#backbone = backbone;
    this.#ops = ops;
    this.#changes = changes;
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
    const raw = await onlyMap.enhance({
      source: await this.#backbone.extract(source),
      target: await this.#backbone.extract(target),
    });
    const length = this.#length;
    const maps = length === null ? raw : { source: scaled(raw.source, length), target: scaled(raw.target, length) };
    const field = length === null && isPlainSift(maps.target, target)
      ? siftField(maps.target, target, this.#changes)
      : mapField(maps.target);
    return { maps, found: await solve(this.#ops, maps.source, field, this.#changes, this.#options) };
  }

  async close(): Promise<void> {
    await this.#backbone.close?.();
  }
}

/** Dense SIFT with bins of 4 pixels at every pixel, whose changed forms can be computed. */
function isPlainSift({ name, grid }: FeatureMap, { width, height }: Image): boolean {
  return name === "sift-4" && grid.cols === width && grid.rows === height && grid.origin.x === 0 && grid.origin.y === 0;
}
