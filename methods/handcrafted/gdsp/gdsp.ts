import { extractPair, onlyMap } from "../../../core/compose.ts";
import type { Ops } from "../../../core/pyramid/grid.ts";
import { scaled } from "../../../core/pyramid/scaled.ts";
import { PyramidMethod } from "../../../core/pyramid/method.ts";
import type { Backbone, FeatureMap, Image, Pair } from "../../../core/types.ts";
import type { Changes } from "./changes.ts";
import { mapField, siftField } from "./field.ts";
import { type Found, solve, type SolverOptions } from "./solver.ts";

/** Generalized deformable spatial pyramids on the descriptors of a backbone. */
export class Gdsp extends PyramidMethod<Found> {
  readonly #ops: Ops;
  readonly #changes: Changes;
  readonly #options: SolverOptions;
  readonly #length: number | null;

  /** @param length given to every descriptor; null: as they are */
  constructor(backbone: Backbone, ops: Ops, changes: Changes, options: SolverOptions, length: number | null) {
    super(backbone);
    this.#ops = ops;
    this.#changes = changes;
    this.#options = options;
    this.#length = length;
  }

  override async match(source: Image, target: Image): Promise<{ maps: Pair<FeatureMap>; found: Found }> {
    const raw = await onlyMap.enhance(await extractPair(this.backbone, source, target));
    const length = this.#length;
    const maps = length === null ? raw : { source: scaled(raw.source, length), target: scaled(raw.target, length) };
    const field = length === null && isPlainSift(maps.target, target)
      ? siftField(maps.target, target, this.#changes)
      : mapField(maps.target);
    return { maps, found: await solve(this.#ops, maps.source, field, this.#changes, this.#options) };
  }
}

/** Dense SIFT with bins of 4 pixels at every pixel, whose changed forms can be computed. */
function isPlainSift({ name, grid }: FeatureMap, { width, height }: Image): boolean {
  return name === "sift-4" && grid.cols === width && grid.rows === height && grid.origin.x === 0 && grid.origin.y === 0;
}
