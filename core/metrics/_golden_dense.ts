import type { GoldenCheck } from "../golden/types.ts";
import type { Size } from "../types.ts";
import { alphasOf, byAlpha, compare, type JsonMap } from "./_golden_compare.ts";
import { scoreFlow } from "./flow.ts";
import { type KapPair, type KapRule, keypointAveragePrecision } from "./kap.ts";
import {
  fillPolygon,
  intersectionOverUnion,
  labelTransferAccuracy,
  localisationError,
  type Mask,
  warpMask,
  warpMaskByFlow,
} from "./mask.ts";
import { transferThroughFlow, transferThroughMatches } from "./transfer.ts";

type Pair = readonly [number, number];
type Field = readonly (readonly Pair[])[];

const points = (xy: readonly Pair[]) => ({ n: xy.length, xy: Float64Array.from(xy.flat()) });
const pairsOf = ({ n, xy }: { n: number; xy: Float64Array }) =>
  Array.from({ length: n }, (_, i) => [xy[2 * i]!, xy[2 * i + 1]!]);
const field = (rows: Field) => Float32Array.from(rows.flat(2));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Recorded TSS items. */
export interface RecordedTss {
  readonly items: readonly {
    readonly id: string;
    readonly group: string;
    readonly source_size: Pair;
    readonly flow: Field;
    readonly estimated_flow: Field;
    readonly mask: readonly (readonly number[])[];
  }[];
  readonly expected: { readonly [name: string]: { readonly [group: string]: JsonMap } };
}

export function* runTss(file: string, { items, expected }: RecordedTss): Iterable<GoldenCheck> {
  const flows = items.map((item) => ({
    id: item.id,
    group: item.group,
    width: item.flow[0]!.length,
    height: item.flow.length,
    estimated: field(item.estimated_flow),
    truth: field(item.flow),
    // The official reader divides an 8-bit mask by 255 in whole numbers: only 255 is foreground.
    valid: Uint8Array.from(item.mask.flat(), (value) => value === 255 ? 1 : 0),
    threshold: Math.max(...item.source_size),
  }));
  for (const [name, groups] of Object.entries(expected)) {
    for (const [group, values] of Object.entries(groups)) {
      for (const [key, value] of Object.entries(values)) {
        const match = /^PCK_(\d+)_(\d+)_per_(image|dataset)$/.exec(key);
        const alphas = match
          ? [Number(`${match[1]}.${match[2]}`)]
          : values.pck_threshold_alpha as readonly number[] ?? [0.05];
        const scores = scoreFlow(flows, alphas, "last");
        const own = group === "all" ? scores.all : scores.groups.find((one) => one.name === group);
        const actual = match
          ? (match[3] === "image" ? own?.perImage[0] : own?.pooled[0])
          : key === "AEPE"
          ? own?.aepe
          : key === "pck_curve_per_image"
          ? own?.perImage
          : key === "pck_threshold_alpha"
          ? alphas
          : undefined;
        yield compare(`${file}/${name}/${group}/${key}`, value, actual);
      }
    }
  }
}

/** Recorded Caltech-101 items. */
export interface RecordedCaltech {
  readonly items: readonly {
    readonly id: string;
    readonly source_size: Pair;
    readonly target_size: Pair;
    readonly source_polygon: readonly Pair[];
    readonly target_polygon: readonly Pair[];
    readonly predicted_polygon: readonly Pair[];
    readonly source_mask: readonly string[];
    readonly target_mask: readonly string[];
    readonly predicted_mask: readonly string[];
    readonly sampling_grid: Field;
    readonly flow: Field;
    readonly expected: { readonly [name: string]: JsonMap };
  }[];
  readonly expected: { readonly [name: string]: JsonMap };
}

export function* runCaltech(file: string, { items, expected }: RecordedCaltech): Iterable<GoldenCheck> {
  const all = new Map<string, Record<string, number[]>>();
  const note = (name: string, values: Record<string, number>) => {
    const own = all.get(name) ?? {};
    all.set(name, own);
    for (const [key, value] of Object.entries(values)) (own[key] ??= []).push(value);
  };
  for (const item of items) {
    const size = ([width, height]: Pair): Size => ({ width, height });
    const source = fillPolygon(points(item.source_polygon), size(item.source_size));
    const target = fillPolygon(points(item.target_polygon), size(item.target_size));
    const predicted = fillPolygon(points(item.predicted_polygon), size(item.target_size));
    yield compare(`${file}/${item.id}/source_mask`, item.source_mask, rows(source));
    yield compare(`${file}/${item.id}/target_mask`, item.target_mask, rows(target));
    yield compare(`${file}/${item.id}/predicted_mask`, item.predicted_mask, rows(predicted));
    const area = (mask: Mask, truth: Mask) => ({
      iou: intersectionOverUnion(mask, truth),
      lt_acc: labelTransferAccuracy(mask, truth),
    });
    const grid = (alignCorners: boolean) => ({
      width: item.sampling_grid[0]!.length,
      height: item.sampling_grid.length,
      data: field(item.sampling_grid),
      alignCorners,
    });
    const aligned = area(warpMask(source, grid(true)), target);
    // The official code takes the source's size for the target's mask too.
    const cut = fillPolygon(points(item.target_polygon), size(item.source_size));
    const locErr = localisationError(source, target, grid(true));
    const actual: Record<string, unknown> = {
      "hpf-caltech": area(predicted, target),
      "dhpf-caltech": area(predicted, target),
      "weakalign-area": {
        align_corners_true: aligned,
        align_corners_false: area(warpMask(source, grid(false)), target),
        loc_err: locErr,
      },
      "densematching-caltech": area(warpMaskByFlow(source, field(item.flow), size(item.source_size)), cut),
    };
    note("hpf-caltech", area(predicted, target));
    note("dhpf-caltech", area(predicted, target));
    note("weakalign-area", { ...aligned, loc_err: locErr });
    note("densematching-caltech", actual["densematching-caltech"] as Record<string, number>);
    for (const [name, values] of Object.entries(item.expected)) {
      yield compare(`${file}/${item.id}/${name}`, values, actual[name]);
    }
  }
  for (const [name, values] of Object.entries(expected)) {
    const own = Object.fromEntries(Object.entries(all.get(name) ?? {}).map(([key, list]) => [key, mean(list)]));
    yield compare(`${file}/${name}`, values, own);
  }
}

function rows({ width, height, data }: Mask): string[] {
  return Array.from({ length: height }, (_, y) => data.subarray(y * width, (y + 1) * width).join(""));
}

/** Recorded KAP pairs. */
export interface RecordedKap {
  readonly num_patches: number;
  readonly anno_size: number;
  readonly pairs: readonly {
    readonly id: string;
    readonly threshold: number;
    readonly source_points: readonly Pair[];
    readonly source_visible: readonly number[];
    readonly target_points: readonly Pair[];
    readonly target_visible: readonly number[];
    readonly source_descriptors: readonly (readonly number[])[];
    readonly target_descriptors: readonly (readonly number[])[];
  }[];
  readonly expected: { readonly [name: string]: JsonMap };
}

export function* runKap(file: string, recorded: RecordedKap): Iterable<GoldenCheck> {
  const { num_patches: cells, anno_size: side } = recorded;
  const pairs = recorded.pairs.map((pair): KapPair => ({
    id: pair.id,
    side,
    cells,
    threshold: pair.threshold,
    queries: pair.source_points.flatMap(([x, y], k) => {
      if (pair.source_visible[k] !== 1) return [];
      const own = pair.source_descriptors[Math.trunc(cells / side * y) * cells + Math.trunc(cells / side * x)]!;
      const [tx, ty] = pair.target_points[k]!;
      return [{
        similarity: pair.target_descriptors.map((other) => other.reduce((sum, value, c) => sum + value * own[c]!, 0)),
        target: pair.target_visible[k] === 1 ? { x: tx, y: ty } : null,
      }];
    }),
  }));
  for (const [name, expected] of Object.entries(recorded.expected)) {
    const rule: KapRule = name.startsWith("jamaisvu")
      ? "jamaisvu"
      : name.startsWith("sph")
      ? "sphericalmaps"
      : "occlusion-aware";
    const alphas = alphasOf(expected);
    const average = name.includes("-image") ? "image" : "point";
    yield compare(`${file}/${name}`, expected, byAlpha(alphas, keypointAveragePrecision(pairs, alphas, rule, average)));
  }
}

/** Recorded point transfers. */
export interface RecordedTransfer {
  readonly cases: readonly {
    readonly protocol: string;
    readonly frame?: number;
    readonly query_points?: readonly Pair[];
    readonly flow?: Field;
    readonly expected_points?: readonly Pair[];
    readonly feature_size?: number;
    readonly source_size?: Pair;
    readonly target_size?: Pair;
    readonly target_points?: readonly Pair[];
    readonly matches_source_xy_normalised?: readonly Pair[];
    readonly expected_source_points?: { readonly [mode: string]: readonly Pair[] };
  }[];
}

export function* runTransfer(file: string, { cases }: RecordedTransfer): Iterable<GoldenCheck> {
  for (const [index, one] of cases.entries()) {
    const label = `${file}/${index}-${one.protocol}`;
    if (one.flow && one.query_points && one.expected_points && one.frame) {
      const flow = { rows: one.flow.length, cols: one.flow[0]!.length, data: field(one.flow) };
      yield compare(
        label,
        one.expected_points,
        pairsOf(transferThroughFlow(points(one.query_points), flow, one.frame)),
      );
    } else if (one.expected_source_points && one.matches_source_xy_normalised && one.target_points) {
      const [[sw, sh], [tw, th]] = [one.source_size!, one.target_size!];
      const sizes = { source: { width: sw, height: sh }, target: { width: tw, height: th } };
      const matches = Float64Array.from(one.matches_source_xy_normalised.flat());
      for (const [mode, expected] of Object.entries(one.expected_source_points)) {
        const how = mode.startsWith("nearest") ? "nearest" : "bilinear";
        const got = transferThroughMatches(points(one.target_points), matches, one.feature_size!, sizes, how);
        yield compare(`${label}/${mode}`, expected, pairsOf(got));
      }
    } else yield compare(label, { known: true }, {});
  }
}
