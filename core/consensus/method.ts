/**
 * The method around a volume of the neighbourhood-consensus family: pictures in, matches out.
 *
 * @module
 */
import { extractPair, onlyMap, readOut } from "../compose.ts";
import { clampPoints, divideGrid, stretchFrame, toCells, toPoints } from "../frame.ts";
import type { Backbone, FeatureMap, Image, Lattice, Localizer, Method, Pair, Points } from "../types.ts";
import type { LearnedWeights } from "../weights/learned.ts";
import { bestOfRows, blendMatches, type MatchField, nearestMatches } from "./matches.ts";
import type { TransferOptions } from "./options.ts";
import { unpackOffset } from "./relocalise.ts";
import { denseVolume, type Volume } from "./volume.ts";

/** A filtered volume; with `pooled`, each of its cells stands for a box of k x k cells of the maps. */
export interface Related extends Volume {
  readonly pooled?: { readonly k: number; readonly offset: ArrayLike<number> };
}

/** What a method of the family is made of. */
export interface ConsensusParts {
  readonly backbone: Backbone;
  readonly localizer: Localizer;
  readonly learned: LearnedWeights;
  /** From the backbone's maps to the volume that is read. */
  readonly relate: (maps: Pair<FeatureMap>) => Promise<Related>;
  readonly transfer: TransferOptions;
  /** False where cells have no fixed places (pooled volumes): the method then has no dense field. */
  readonly dense: boolean;
}

/** The method; every match is the best target cell of a source cell, carried to the points asked for. */
export function consensusMethod(parts: ConsensusParts): Method {
  const { backbone, localizer, learned, relate, transfer, dense } = parts;

  async function related(source: Image, target: Image) {
    const maps = await onlyMap.enhance(await extractPair(backbone, source, target));
    const lattices = { source: latticeOf(maps.source, transfer), target: latticeOf(maps.target, transfer) };
    return { volume: await relate(maps), lattices };
  }

  return {
    identity: learned.identity,
    ...(learned.meaningless === undefined ? {} : { meaningless: learned.meaningless }),
    async correspond(source, target, points) {
      const { volume, lattices } = await related(source, target);
      if (transfer.readout === "localizer") {
        return await readOut(denseVolume(volume, lattices), points, target, localizer);
      }
      const moved = carry(volume, lattices, points, transfer.readout === "bilinear");
      return { ...clampPoints(moved, target), score: moved.score };
    },
    ...(dense && {
      async flow(source: Image, target: Image) {
        const { volume, lattices } = await related(source, target);
        const field = matchField(volume, lattices.target);
        const inside = clampPoints({ n: field.score.length, xy: field.to }, target);
        return { ...lattices, data: Float32Array.from(inside.xy), confidence: field.score };
      },
    }),
    close: async () => await backbone.close?.(),
  };
}

/** Where the cells of a map lie under the papers' convention, or as the backbone says. */
export function latticeOf({ frame, grid }: FeatureMap, { convention, first_pixel }: TransferOptions): Lattice {
  const own = convention === "native";
  const base = own ? frame : stretchFrame(frame.original, frame.network, "align-corners");
  const { rows, cols } = grid;
  return {
    frame: {
      ...base,
      x: { ...base.x, shift: base.x.shift - first_pixel * base.x.scale },
      y: { ...base.y, shift: base.y.shift - first_pixel * base.y.scale },
    },
    grid: own ? grid : divideGrid(frame.network, rows, cols, "align-corners"),
  };
}

/** The best match of every source cell in pixels of the target. */
function matchField({ size, data, pooled }: Related, target: Lattice): MatchField {
  const [rows, cols, K, L] = size, n = rows * cols, m = K * L, k = pooled?.k ?? 1;
  const { index, score } = bestOfRows(data, n, m, true);
  const xy = new Float64Array(2 * n);
  for (let cell = 0; cell < n; cell++) {
    const to = index[cell]!;
    const [, , di, dj] = unpackOffset(pooled?.offset[cell * m + Math.max(to, 0)] ?? 0, k);
    xy[2 * cell] = to < 0 ? NaN : to % L * k + dj;
    xy[2 * cell + 1] = to < 0 ? NaN : Math.floor(to / L) * k + di;
  }
  return { rows, cols, to: toPoints({ n, xy }, target).xy, score };
}

function carry(volume: Related, lattices: Pair<Lattice>, points: Points, blend: boolean) {
  const field = matchField(volume, lattices.target);
  const queries = toCells(points, lattices.source);
  if (volume.pooled === undefined) return blend ? blendMatches(field, queries) : nearestMatches(field, queries);
  return nearestMatches(field, queries, fineSources(volume));
}

/** Where each coarse source cell's match begins, in fine cells. */
function fineSources({ size: [rows, cols, K, L], data, pooled }: Related): Float64Array {
  const n = rows * cols, m = K * L, k = pooled!.k;
  const { index } = bestOfRows(data, n, m, false);
  const from = new Float64Array(2 * n);
  for (let cell = 0; cell < n; cell++) {
    const [di, dj] = unpackOffset(pooled!.offset[cell * m + Math.max(index[cell]!, 0)]!, k);
    from[2 * cell] = cell % cols * k + dj;
    from[2 * cell + 1] = Math.floor(cell / cols) * k + di;
  }
  return from;
}
