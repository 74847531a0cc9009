/**
 * A tiny world for tests of the family: descriptors that name their cell, and a context to build methods in.
 *
 * @module
 */
import { openOps } from "../../ffi/mod.ts";
import { divideGrid, identityFrame, pointsOf } from "../frame.ts";
import { fill } from "../golden/fill.ts";
import { localizers } from "../localize/mod.ts";
import type {
  Backbone,
  Card,
  FeatureMap,
  Image,
  MethodContext,
  MethodPlugin,
  OptionsOf,
  OptionSpecs,
} from "../types.ts";
import { defaultsOf } from "../value.ts";
import { RandomWeights } from "../weights/learned.ts";
import type { WeightSet } from "../weights/set.ts";
import type { Ops } from "./volume.ts";

export { withCheckpoint } from "../graph/_checkpoint.ts";

/** How many parameters a network takes. */
export function countParameters(take: (set: WeightSet) => unknown): number {
  let count = 0;
  class Counting extends RandomWeights {
    override take(name: string, shape: readonly number[]) {
      count += shape.reduce((product, side) => product * side, 1);
      return super.take(name, shape);
    }
  }
  take(new Counting());
  return count;
}

/** The definitions of the native operations: tests of plugins may not reach for them themselves. */
export function referenceOps(): Promise<Ops> {
  return openOps({ ops: "reference" });
}

/** The native operations as a user gets them, for benchmarks. */
export function nativeOps(): Promise<Ops> {
  return openOps({ ops: "auto", log: console.error });
}

/** Maps of a network for a square picture; values are spread evenly and the same each time. */
export function plainMaps(
  picture: Image,
  layers: readonly (readonly [side: number, channels: number])[],
): FeatureMap[] {
  return layers.map(([side, channels], i) => {
    const shape = [side, side, channels];
    const data = fill(i, picture.origin, shape, "uniform");
    const grid = divideGrid(picture, side, side, "half-pixel");
    return { name: `layer ${i}`, channels, data, frame: identityFrame(picture), grid };
  });
}

/** A picture with nothing in it. */
export function emptyPicture(side: number, name: string): Image {
  return { width: side, height: side, data: new Uint8Array(side * side * 3), sha256: name, origin: name };
}

/** A square map of unit vectors: cell i holds axis `axes[i]`. */
export function axisMap(picture: Image, axes: readonly number[], channels = axes.length): FeatureMap {
  const side = Math.sqrt(axes.length), data = new Float32Array(axes.length * channels);
  axes.forEach((axis, i) => data[i * channels + axis] = 1);
  const grid = divideGrid(picture, side, side, "half-pixel");
  return { name: "axes", channels, data, frame: identityFrame(picture), grid };
}

/** A backbone that knows its pictures already. */
export function knownBackbone(maps: { readonly [sha256: string]: readonly FeatureMap[] }): Backbone {
  return { identity: "known", extract: ({ sha256 }) => Promise.resolve([...maps[sha256]!]) };
}

/** What a method's `build` is given. */
export function methodContext(backbone: Backbone, ops: Ops, name: string): MethodContext {
  return {
    card: { kind: "method", name, weights: [] } as unknown as Card,
    log: () => {},
    backbone,
    localizer: localizers["nearest"]!.build({}),
    ops: () => Promise.resolve(ops),
  };
}

/**
 * A map of a square picture on `side` x `side` cells, channels from the fifth on being 0: four bumps, each around one
 * corner. `turned` swaps rows and columns, so that a point (x, y) shows at (y, x).
 */
export function bumpMap(
  picture: Image,
  { side, channels, turned = false, name = "bumps" }: {
    readonly side: number;
    readonly channels: number;
    readonly turned?: boolean;
    readonly name?: string;
  },
): FeatureMap {
  const data = new Float32Array(side * side * channels), last = side - 1, spread = 8 * (last / 5) ** 2;
  for (let cell = 0; cell < side * side; cell++) {
    const row = Math.floor(cell / side), col = cell % side, [y, x] = turned ? [col, row] : [row, col];
    [[x, y], [last - x, y], [x, last - y], [last - x, last - y]].forEach(([u, v], c) =>
      data[cell * channels + c] = Math.exp(-(u! * u! + v! * v!) / spread)
    );
  }
  const grid = divideGrid(picture, side, side, "half-pixel");
  return { name, channels, data, frame: identityFrame(picture), grid };
}

/**
 * What a benchmark runs: one pair from the backbone's maps, new each time as a new pair's are, to the matches of ten
 * points, weights being random.
 *
 * @param layers side and channels of each map
 */
export function benchPair<S extends OptionSpecs>(
  plugin: MethodPlugin<S>,
  name: string,
  side: number,
  layers: readonly (readonly [side: number, channels: number])[],
  own: Partial<OptionsOf<S>> = {},
): () => Promise<void> {
  const source = emptyPicture(side, "source"), target = emptyPicture(side, "target");
  const maps = { source: plainMaps(source, layers), target: plainMaps(target, layers) };
  const fresh = (which: readonly FeatureMap[]) => which.map((map) => ({ ...map }));
  const backbone: Backbone = {
    identity: "known",
    extract: ({ sha256 }) => Promise.resolve(fresh(sha256 === "source" ? maps.source : maps.target)),
  };
  const points = pointsOf(Array.from({ length: 10 }, (_, i) => [side * i / 11, side * i / 13]));
  const made = (async () => {
    const options = { ...defaultsOf(plugin.defaults), weights: "random", ...own } as OptionsOf<S>;
    return await plugin.build(methodContext(backbone, await nativeOps(), name), options);
  })();
  return async () => {
    await (await made).correspond(source, target, points);
  };
}
