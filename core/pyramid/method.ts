/**
 * What methods on deformable spatial pyramids have in common: their answer is a displacement per cell.
 *
 * @module
 */
import { denseFlow, follow } from "../match/cell_flow.ts";
import type { Backbone, Flow, Image, Lattice, Matches, Method, Pair, Points } from "../types.ts";

/** A field of whole displacements. */
export interface CellFlow {
  /** [rows][cols][2]: displacements (x, y) in cells. */
  readonly flow: Int32Array;
  /** [rows][cols]: distance of the descriptors at both ends. */
  readonly cost: Float32Array;
}

/** A method whose pairs are matched cell by cell; scores are minus the distance of the descriptors at both ends. */
export abstract class PyramidMethod<Found extends CellFlow> implements Method {
  constructor(protected readonly backbone: Backbone) {}

  /** Everything that is computed for a pair. */
  abstract match(source: Image, target: Image): Promise<{ maps: Pair<Lattice>; found: Found }>;

  /** @throws InputError where the backbone gives several maps */
  async correspond(source: Image, target: Image, points: Points): Promise<Matches> {
    const { maps, found: { flow, cost } } = await this.match(source, target);
    return follow(maps, flow, (cell) => -cost[cell]!, points, target);
  }

  /** @throws InputError where the backbone gives several maps */
  async flow(source: Image, target: Image): Promise<Flow> {
    const { maps, found: { flow, cost } } = await this.match(source, target);
    return { ...denseFlow(maps, flow, target), confidence: cost.map((distance) => -distance) };
  }

  async close(): Promise<void> {
    await this.backbone.close?.();
  }
}
