/**
 * The method around a volume whose points are carried as CHM carries them: pictures in, matches out.
 *
 * @module
 */
import { extractPair, readOut } from "../compose.ts";
import { ConfigError } from "../errors.ts";
import { clampPoints, ratioLattice, resizedLattice, toCells, toPoints } from "../frame.ts";
import { SECOND } from "../graph/cnn/grouped.ts";
import { option } from "../option.ts";
import type { Backbone, FeatureMap, Image, Lattice, Localizer, Method, Pair } from "../types.ts";
import type { LearnedWeights } from "../weights/learned.ts";
import { carryKeypoints, expectedCells, type KeypointRule } from "./keypoint_transfer.ts";
import { denseVolume, type Ops, type Volume } from "./volume.ts";

/** The options of these methods, with each paper's numbers. */
export function keypointOptions({ sigma, reach }: Pick<KeypointRule, "sigma" | "reach">) {
  return {
    readout: option(
      "gaussian",
      "how a point finds its match: gaussian is the papers' soft-arg-max under a Gaussian, averaged over the cells " +
        "around the point; localizer leaves it to localizer=",
      { choices: ["gaussian", "localizer"] },
    ),
    sigma: option(sigma, "of that Gaussian, in cells", { min: 0.01 }),
    reach: option(reach, "cells nearer than this to a point take part, in units of half the picture", { min: 0 }),
    convention: option(
      "ratio",
      "geometry of points and cells: ratio as the papers' code has it (coordinates times the ratio of the sides, outer " +
        "cells on the outer borders), or the backbone's own",
      { choices: ["ratio", "native"] },
    ),
  };
}

/** What a method of this kind is made of. */
export interface KeypointParts {
  readonly backbone: Backbone;
  readonly localizer: Localizer;
  readonly learned: LearnedWeights;
  readonly ops: Ops;
  /** From the backbone's maps to a volume, on the maps' grids or resized ones. */
  readonly relate: (maps: Pair<readonly FeatureMap[]>) => Promise<Volume>;
  readonly transfer: KeypointRule & { readonly readout: string; readonly convention: string };
  /** Gives back what `relate` keeps open. */
  readonly close?: () => Promise<void>;
}

/** The method. Its backbone gives maps of one grid; the first one's geometry counts. */
export function keypointMethod(parts: KeypointParts): Method {
  const { backbone, localizer, learned, ops, relate, transfer } = parts;

  async function related(source: Image, target: Image) {
    const maps = asPair(await extractPair(backbone, source, target));
    const volume = await relate(maps);
    const [rows, cols, targetRows, targetCols] = volume.size;
    const lattices = {
      source: latticeOf(maps.source[0]!, rows, cols, transfer.convention),
      target: latticeOf(maps.target[0]!, targetRows, targetCols, transfer.convention),
    };
    return { volume, lattices };
  }

  return {
    identity: learned.identity,
    ...(learned.meaningless === undefined ? {} : { meaningless: learned.meaningless }),
    async correspond(source, target, points) {
      const { volume, lattices } = await related(source, target);
      if (transfer.readout === "localizer") {
        return await readOut(denseVolume(volume, lattices), points, target, localizer);
      }
      const moved = await carryKeypoints(ops, volume, toCells(points, lattices.source), transfer);
      return { ...clampPoints(toPoints(moved, lattices.target), target), score: moved.score };
    },
    async flow(source, target) {
      const { volume, lattices } = await related(source, target);
      const [rows, cols, targetRows, targetCols] = volume.size, n = rows * cols, m = targetRows * targetCols;
      const to = await expectedCells(ops, volume.data, [targetRows, targetCols], transfer.sigma);
      const inside = clampPoints(toPoints({ n, xy: Float64Array.from(to) }, lattices.target), target);
      const confidence = Float32Array.from(
        { length: n },
        (_, i) => volume.data.subarray(i * m, (i + 1) * m).reduce((a, b) => b > a ? b : a, -Infinity),
      );
      return { ...lattices, data: Float32Array.from(inside.xy), confidence };
    },
    async close() {
      await parts.close?.();
      await backbone.close?.();
    },
  };
}

/**
 * Each picture's maps by the role it plays. A network trained on pairs side by side has become two networks; the backbone
 * then gives the second one's maps too, which count for target pictures as the first one's do for sources.
 */
function asPair({ source, target }: Pair<readonly FeatureMap[]>): Pair<readonly FeatureMap[]> {
  const of = (maps: readonly FeatureMap[], second: boolean) =>
    maps.filter(({ name }) => name.startsWith(SECOND) === second);
  const seconds = of(target, true);
  return { source: of(source, false), target: seconds.length > 0 ? seconds : of(target, false) };
}

function latticeOf(map: FeatureMap, rows: number, cols: number, convention: string): Lattice {
  return convention === "native" ? resizedLattice(map, rows, cols) : ratioLattice(map, rows, cols);
}

/**
 * The side of maps that must be square and alike.
 *
 * @throws ConfigError where they are not, in the words of `network`.
 */
export function squareSide({ source, target }: Pair<FeatureMap>, network: string): number {
  const { rows, cols } = source.grid;
  if (rows === cols && target.grid.rows === rows && target.grid.cols === rows) return rows;
  throw new ConfigError(
    `Cannot use maps of ${rows} x ${cols} and ${target.grid.rows} x ${target.grid.cols} cells: ${network} relates ` +
      "square grids of one side; use backbone.fit=stretch",
  );
}
