import { extractPair, onlyMap } from "../../../core/compose.ts";
import { openDescriptors } from "../../../core/pyramid/descriptors.ts";
import type { Ops } from "../../../core/pyramid/grid.ts";
import { scaled } from "../../../core/pyramid/scaled.ts";
import { Room } from "../../../core/pyramid/search.ts";
import { PyramidMethod } from "../../../core/pyramid/method.ts";
import type { Backbone, FeatureMap, Image, Pair, PartMap } from "../../../core/types.ts";
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

  override async match(source: Image, target: Image): Promise<{ maps: Pair<FeatureMap | PartMap>; found: Found }> {
    const maps = await this.#parts(source, target) ?? await this.#whole(source, target);
    const field = "open" in maps.target || this.#length === null && isPlainSift(maps.target, target)
      ? siftField(target, this.#changes)
      : mapField(maps.target);
    const room = new Room();
    using own = await openDescriptors(this.#ops, maps.source, room, 0);
    using other = await openDescriptors(this.#ops, maps.target, room, 1);
    const found = await solve(this.#ops, { source: own, target: other }, field, this.#changes, this.#options);
    return { maps, found };
  }

  /** What dense SIFT at every pixel is made from, where the backbone has that: a sixteenth of the memory. */
  async #parts(source: Image, target: Image): Promise<Pair<PartMap> | undefined> {
    if (this.#length !== null || this.backbone.extractParts === undefined) return undefined;
    const [a, ...more] = await this.backbone.extractParts(source), [b] = await this.backbone.extractParts(target);
    const fit = a !== undefined && b !== undefined && more.length === 0 && isPlainSift(b, target);
    return fit ? { source: a, target: b } : undefined;
  }

  /** @throws InputError where the backbone gives several maps */
  async #whole(source: Image, target: Image): Promise<Pair<FeatureMap>> {
    const maps = await onlyMap.enhance(await extractPair(this.backbone, source, target)), length = this.#length;
    return length === null ? maps : { source: scaled(maps.source, length), target: scaled(maps.target, length) };
  }
}

/** Dense SIFT with bins of 4 pixels at every pixel, whose changed forms can be computed. */
function isPlainSift({ name, grid }: FeatureMap | PartMap, { width, height }: Image): boolean {
  return name === "sift-4" && grid.cols === width && grid.rows === height && grid.origin.x === 0 && grid.origin.y === 0;
}
