/**
 * The method around a network of the CATs family: pictures in, matches out.
 *
 * @module
 */
import { extractPair } from "../compose.ts";
import { ConfigError } from "../errors.ts";
import { clampPoints, divideGrid, toPoints } from "../frame.ts";
import { followFlow } from "../match/sample.ts";
import { transferThroughFlow } from "../metrics/transfer.ts";
import { option } from "../option.ts";
import type { Backbone, FeatureMap, Flow, Frame, Image, Lattice, Matches, Method, Pair, Points } from "../types.ts";
import type { LearnedWeights } from "../weights/learned.ts";
import { displacements, type PositionField } from "./field.ts";

/** How points are carried along the field; every method of the family has this option. */
export const fieldOptions = {
  readout: option(
    "official",
    "how a point follows the field: official scales it to the network's picture, cuts off its fraction and reads the " +
      "enlarged field there, as the family's evaluations do; bilinear reads the field at the point itself",
    { choices: ["official", "bilinear"] },
  ),
};

/** What a method of the family is made of. */
export interface FieldParts {
  readonly backbone: Backbone;
  readonly learned: LearnedWeights;
  readonly readout: string;
  /** From the maps of both pictures to the field from the source's cells into the target. */
  readonly relate: (maps: Pair<readonly FeatureMap[]>) => Promise<PositionField>;
  /** Frees what `relate` holds. */
  readonly close?: () => Promise<void>;
}

/** The method. */
export function fieldMethod({ backbone, learned, readout, relate, close }: FieldParts): Method {
  async function related(source: Image, target: Image) {
    const maps = await extractPair(backbone, source, target);
    const field = await relate(maps);
    return { field, frames: { source: maps.source[0]!.frame, target: maps.target[0]!.frame } };
  }
  return {
    identity: learned.identity,
    ...(learned.meaningless === undefined ? {} : { meaningless: learned.meaningless }),
    async correspond(source, target, points) {
      const { field, frames } = await related(source, target);
      const moved = readout === "official"
        ? officialTransfer(field, frames, points)
        : followFlow(flowOf(field, frames, target), points);
      return { ...clampPoints(moved, target), score: moved.score };
    },
    async flow(source, target) {
      const { field, frames } = await related(source, target);
      return flowOf(field, frames, target);
    },
    async close() {
      await close?.();
      await backbone.close?.();
    },
  };
}

/** Where the cells of a field lie: they divide the network's picture. */
function latticeOf(frame: Frame, rows: number, cols: number): Lattice {
  return { frame, grid: divideGrid(frame.network, rows, cols, "half-pixel") };
}

function flowOf({ rows, cols, other, to, score }: PositionField, frames: Pair<Frame>, target: Image): Flow {
  const lattices = {
    source: latticeOf(frames.source, rows, cols),
    target: latticeOf(frames.target, other.rows, other.cols),
  };
  const reached = toPoints({ n: rows * cols, xy: Float64Array.from(to) }, lattices.target);
  return { ...lattices, data: Float32Array.from(clampPoints(reached, target).xy), confidence: score };
}

/** The frame of official keypoints: x times the ratio of the sides. */
function ratioFrame(frame: Frame): Frame {
  const { original, network } = frame;
  return {
    ...frame,
    x: { scale: network.width / original.width, shift: 0 },
    y: { scale: network.height / original.height, shift: 0 },
  };
}

/** @throws ConfigError where pictures are not stretched to one square: the official rule knows nothing else */
function officialTransfer(field: PositionField, frames: Pair<Frame>, points: Points): Matches {
  const { width: side, height } = frames.source.network, target = frames.target.network;
  const stretched = [frames.source, frames.target].every(({ original, network, x, y }) =>
    Math.abs(x.scale - network.width / original.width) < 1e-9 &&
    Math.abs(y.scale - network.height / original.height) < 1e-9
  );
  if (!stretched || side !== height || target.width !== side || target.height !== side) {
    throw new ConfigError(
      `Cannot carry points by readout=official between pictures of ${side} x ${height} and ${target.width} x ` +
        `${target.height}: it wants both stretched to one square; set backbone.fit=stretch, or readout=bilinear`,
    );
  }
  const inFrame = scaled(points, ratioFrame(frames.source), false);
  const moved = transferThroughFlow(inFrame, { ...field, data: displacements(field) }, side);
  const score = Float32Array.from({ length: points.n }, (_, i) => {
    const cell = (at: number, cells: number) => Math.min(Math.max(Math.floor(at * cells / side), 0), cells - 1);
    return field.score[cell(inFrame.xy[2 * i + 1]!, field.rows) * field.cols + cell(inFrame.xy[2 * i]!, field.cols)]!;
  });
  return { ...scaled(moved, ratioFrame(frames.target), true), score };
}

/** Points into the network's picture, or back. */
function scaled({ n, xy }: Points, { x, y }: Frame, back: boolean): Points {
  return {
    n,
    xy: xy.map((value, i) => {
      const { scale } = i % 2 === 0 ? x : y;
      return back ? value / scale : value * scale;
    }),
  };
}
