import { InputError } from "../../../core/errors.ts";
import { denseFlow, follow } from "../../../core/match/cell_flow.ts";
import type { Backbone, ByteMap, Flow, Image, Matches, Method, Pair, Points } from "../../../core/types.ts";
import { toBytes } from "./bytes.ts";
import { buildPyramid, type Level, type Ops, type Pyramid, solve, type SolverOptions } from "./solver.ts";
import { type Described, PyramidStore } from "./store.ts";
import { distanceAlong } from "./distance.ts";

/** Everything SIFT Flow computes for a pair. */
export interface Found {
  readonly maps: Pair<ByteMap>;
  /** Lives only while `look` of {@linkcode SiftFlow.match} runs. */
  readonly pyramids: Pair<Pyramid>;
  /** Finest first. */
  readonly levels: readonly Level[];
}

/** SIFT Flow on the descriptors of a backbone. */
export class SiftFlow implements Method {
  readonly #backbone: Backbone;
  readonly #ops: Ops;
  readonly #options: SolverOptions;
  readonly #length: number;
  readonly #store: PyramidStore;

  /** @param length given to descriptors that are not bytes; see {@linkcode toBytes} */
  constructor(backbone: Backbone, ops: Ops, options: SolverOptions, length: number) {
    this.#backbone = backbone;
    this.#ops = ops;
    this.#options = options;
    this.#length = length;
    this.#store = new PyramidStore((image) => this.#describe(image));
  }

  /** @throws InputError where the backbone gives several maps */
  async correspond(source: Image, target: Image, points: Points): Promise<Matches> {
    return await this.match(source, target, ({ maps, levels }) => {
      const { flow } = levels[0]!;
      return follow(maps, flow, (cell) => -distanceAlong(maps, flow, cell), points, target);
    });
  }

  /** @throws InputError where the backbone gives several maps */
  async flow(source: Image, target: Image): Promise<Flow> {
    return await this.match(source, target, ({ maps, levels }) => denseFlow(maps, levels[0]!.flow, target));
  }

  /** Matches, and lets `look` see every level. */
  async match<T>(source: Image, target: Image, look: (found: Found) => T | Promise<T>): Promise<T> {
    return await this.#store.use(source, target, async (a, b) => {
      const pyramids = { source: a.pyramid, target: b.pyramid };
      const levels = await solve(this.#ops, pyramids, this.#options);
      return await look({ maps: { source: a.map, target: b.map }, pyramids, levels });
    });
  }

  async close(): Promise<void> {
    this.#store.clear();
    await this.#backbone.close?.();
  }

  async #describe(image: Image): Promise<Described> {
    const maps = await (this.#backbone.extractBytes?.(image) ?? this.#backbone.extract(image));
    if (maps.length !== 1) {
      const names = maps.map((map) => map.name).join(", ");
      throw new InputError(`Cannot run sift-flow on ${maps.length} maps (${names}): choose one layer of the backbone`);
    }
    const map = toBytes(maps[0]!, this.#length);
    return { map, pyramid: await buildPyramid(this.#ops, map, this.#options.levels) };
  }
}
