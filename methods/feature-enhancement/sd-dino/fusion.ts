/**
 * How SD-DINO makes one descriptor of several diffusion levels and DINOv2's tokens.
 *
 * @module
 */
import { coPca } from "../../../core/fuse/co_pca.ts";
import { concatMaps } from "../../../core/fuse/concat.ts";
import { resampleMap } from "../../../core/fuse/resample.ts";
import type { FeatureMap, Lattice, Pair } from "../../../core/types.ts";

/** Maps of one picture by what they are. */
export interface Parts {
  /** Levels of the diffusion network. */
  readonly sd: readonly FeatureMap[];
  /** Tokens, whose grid is matched. */
  readonly dino: FeatureMap;
}

/** Numbers of the fusion. */
export interface FusionOptions {
  /** Components kept per level, finest first; one number for all. */
  readonly dims: readonly number[];
  /** Factors of the levels, finest first, then of the two halves: diffusion, tokens. */
  readonly weights: { readonly levels: readonly number[]; readonly sd: number; readonly dino: number };
}

/** Levels from the finest to the coarsest; s3, s4, s5 in the paper's words. */
export function finestFirst(levels: readonly FeatureMap[]): FeatureMap[] {
  const cells = ({ grid: { rows, cols } }: FeatureMap) => rows * cols;
  return levels.toSorted((a, b) => cells(b) - cells(a));
}

/**
 * Levels reduced by co-PCA, the coarser ones brought step by step to the grid of the next finer one (bilinear, half-pixel)
 * and appended to it.
 *
 * @returns one map per picture on the finest grid; channels of the finest level first
 */
export function diffusionPyramid(maps: Pair<readonly FeatureMap[]>, options: FusionOptions): Pair<FeatureMap> {
  const [a, b] = [finestFirst(maps.source), finestFirst(maps.target)];
  const reduced = a.map((source, i) => coPca({ source, target: b[i]! }, options.dims[i] ?? options.dims[0]!));
  return {
    source: stacked(reduced.map((p) => p.source), options),
    target: stacked(reduced.map((p) => p.target), options),
  };
}

function stacked(levels: readonly FeatureMap[], { weights }: FusionOptions): FeatureMap {
  return levels.reduceRight<FeatureMap | undefined>((coarser, level, i) => {
    const own = scaled(level, weights.levels[i] ?? 1);
    return coarser === undefined ? own : concatMaps([own, coarser], { normalise: false, resampling: "half-pixel" });
  }, undefined)!;
}

function scaled(map: FeatureMap, weight: number): FeatureMap {
  return weight === 1 ? map : { ...map, data: map.data.map((value) => value * weight) };
}

/** Both halves at unit length (no epsilon), diffusion first, each times its factor, on the grid of the tokens. */
export function fuse(maps: Pair<Parts>, options: FusionOptions): Pair<FeatureMap> {
  const pyramids = diffusionPyramid({ source: maps.source.sd, target: maps.target.sd }, options);
  const { sd, dino } = options.weights;
  const join = (pyramid: FeatureMap, tokens: FeatureMap): FeatureMap => {
    const onGrid = resampleMap(pyramid, tokens as Lattice, "half-pixel");
    return concatMaps([onGrid, tokens], { eps: 0, weights: [sd, dino] });
  };
  return { source: join(pyramids.source, maps.source.dino), target: join(pyramids.target, maps.target.dino) };
}
