/**
 * The method around the best target cell of every source cell, found without a volume to read: pictures in, matches out.
 *
 * @module
 */
import { extractPair, onlyMap } from "../compose.ts";
import { clampPoints, toCells, toPoints } from "../frame.ts";
import type { Backbone, FeatureMap, Image, Method, Pair } from "../types.ts";
import type { LearnedWeights } from "../weights/learned.ts";
import { blendMatches, type CellMatches, type MatchField, nearestMatches } from "./matches.ts";
import { latticeOf } from "./method.ts";
import type { TransferOptions } from "./options.ts";
import type { Size4 } from "./volume.ts";

/** What such a method is made of. */
export interface BestCellsParts {
  readonly backbone: Backbone;
  readonly learned: LearnedWeights;
  /** Makes the map that is matched; its grid is the one that counts. */
  readonly prepare: (map: FeatureMap) => FeatureMap;
  /** The best target cell of every source cell. */
  readonly relate: (maps: Pair<FeatureMap>) => Promise<CellMatches & { readonly size: Size4 }>;
  /** `readout` is bilinear or nearest. */
  readonly transfer: TransferOptions;
}

/** The method; points are carried along the field as NC-Net carries them. */
export function bestCellsMethod({ backbone, learned, prepare, relate, transfer }: BestCellsParts): Method {
  async function related(source: Image, target: Image) {
    const given = await onlyMap.enhance(await extractPair(backbone, source, target));
    const maps = { source: prepare(given.source), target: prepare(given.target) };
    const lattices = { source: latticeOf(maps.source, transfer), target: latticeOf(maps.target, transfer) };
    const { size: [rows, cols, , L], index, score } = await relate(maps);
    const xy = new Float64Array(2 * index.length);
    index.forEach((to, cell) => {
      xy[2 * cell] = to % L;
      xy[2 * cell + 1] = Math.floor(to / L);
    });
    const { xy: to } = toPoints({ n: index.length, xy }, lattices.target);
    return { field: { rows, cols, to, score } satisfies MatchField, lattices };
  }

  return {
    identity: learned.identity,
    ...(learned.meaningless === undefined ? {} : { meaningless: learned.meaningless }),
    async correspond(source, target, points) {
      const { field, lattices } = await related(source, target);
      const queries = toCells(points, lattices.source);
      const moved = transfer.readout === "bilinear" ? blendMatches(field, queries) : nearestMatches(field, queries);
      return { ...clampPoints(moved, target), score: moved.score };
    },
    async flow(source, target) {
      const { field, lattices } = await related(source, target);
      const inside = clampPoints({ n: field.score.length, xy: field.to }, target);
      return { ...lattices, data: Float32Array.from(inside.xy), confidence: field.score };
    },
    close: async () => await backbone.close?.(),
  };
}
