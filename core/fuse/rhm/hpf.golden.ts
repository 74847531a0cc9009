import { divideGrid, identityFrame } from "../../frame.ts";
import { vectorsOfEveryOps } from "../../golden/every_ops.ts";
import type { GoldenCase } from "../../golden/vectors.ts";
import { toInterleaved, toPlanes } from "../../image/colour.ts";
import { argmaxRow } from "../../localize/rows.ts";
import type { FeatureMap, Pair } from "../../types.ts";
import { concatMaps } from "../concat.ts";
import {
  appearance,
  centres,
  houghConfidence,
  hyperpixelsOf,
  mirroredCentres,
  offsetSpace,
  smoothingFilter,
} from "./matching.ts";
import { receptiveFields, RESNET_FIELDS, withinMargin } from "./receptive_fields.ts";
import { transferPoints } from "./transfer.ts";

/** Hyperpixels, votes, Hough space, confidences and transferred points of the official code. */
export default vectorsOfEveryOps("hpf", async (c, ops) => {
  const field = RESNET_FIELDS[c.config["first_id"]]!;
  const maps = { source: joined(c, "src"), target: joined(c, "trg") };
  const pixels: Pair<ReturnType<typeof hyperpixelsOf>> = {
    source: hyperpixelsOf(maps.source, field, true),
    target: hyperpixelsOf(maps.target, field, true),
  };
  const votes = await appearance(ops, pixels);
  const confidence = await houghConfidence(ops, votes, pixels);
  const space = offsetSpace(pixels.source.size, pixels.target.size);
  const { source, target } = pixels;
  const [width, height] = c.config["src_size"] as [number, number];
  const u = c.input("kps_u").data;
  const n = c.config["N"] as number;
  // Planes (2, N): all x, then all y.
  const points = Float64Array.from({ length: 2 * n }, (_, i) => {
    const side = i % 2, value = u[side * n + (i - side) / 2]!;
    return (value + 1) / 2 * ((side === 0 ? width : height) - 1);
  });
  const moved = transferPoints(points, source.boxes, target.boxes, confidence);
  const byAxis = (xy: Float64Array) => [0, 1].flatMap((side) => Array.from({ length: n }, (_, i) => xy[2 * i + side]!));
  const rowsOf = (values: Float32Array) =>
    Array.from({ length: source.boxes.n }, (_, i) => values.subarray(i * target.boxes.n, (i + 1) * target.boxes.n));
  const all = (side: "source" | "target") => receptiveFields(maps[side].grid, field);
  return {
    src_hyper: toPlanes(maps.source.data, maps.source.channels),
    src_boxes_all: all("source").xyxy,
    src_valid_ids: withinMargin(all("source"), source.size, field.jump),
    trg_hyper: toPlanes(maps.target.data, maps.target.channels),
    trg_boxes_all: all("target").xyxy,
    trg_valid_ids: withinMargin(all("target"), target.size, field.jump),
    hsfilter: smoothingFilter(),
    votes,
    hspace: [space.nx, space.ny],
    cellsize: [space.cell],
    bin_ids: binIds(mirroredCentres(source), centres(target.boxes), space),
    confidence,
    argmax: rowsOf(confidence).map(argmaxRow),
    src_kps: byAxis(points),
    kps_covered: Array.from({ length: n }, (_, i) => covered(points, i, source.boxes.xyxy)),
    // The recording writes -1 where no box covers a point; the official code divides by zero there.
    pred_kps: byAxis(moved.xy).map((value) => Number.isNaN(value) ? -1 : value),
  };
});

function joined(c: GoldenCase, side: "src" | "trg"): FeatureMap {
  const [width, height] = c.config[`${side}_size`] as [number, number];
  const size = { width, height };
  const maps = (c.config[`${side}_feats`] as [number, number, number][]).map(([channels, rows, cols], i) => ({
    name: String(i),
    channels,
    data: toInterleaved(c.input(`${side}_feat${i}`).data, channels),
    frame: identityFrame(size),
    grid: divideGrid(size, rows, cols, "half-pixel"),
  }));
  return concatMaps(maps, { normalise: false, resampling: "align-corners" });
}

function binIds(source: Float32Array, target: Float32Array, { cell, nx }: { cell: number; nx: number }): number[] {
  const ids: number[] = [];
  for (let i = 0; i < source.length; i += 2) {
    for (let j = 0; j < target.length; j += 2) {
      const bin = (side: number) =>
        Math.trunc(Math.fround((source[i + side]! + target[j + side]!) / Math.fround(cell)));
      ids.push(bin(0) + bin(1) * nx);
    }
  }
  return ids;
}

/** 1 where some box holds the point. */
function covered(points: Float64Array, i: number, xyxy: Float32Array): number {
  const x = points[2 * i]!, y = points[2 * i + 1]!;
  for (let at = 0; at < xyxy.length; at += 4) {
    if (x >= xyxy[at]! && y >= xyxy[at + 1]! && x <= xyxy[at + 2]! && y <= xyxy[at + 3]!) return 1;
  }
  return 0;
}
