/**
 * Columns of tables for measures that are no share of hits: end-point errors, overlaps of masks.
 *
 * @module
 */
import type { Interval } from "../metrics/mod.ts";
import type { MeasureResult, ProtocolResult } from "../run/result.ts";
import { percent } from "./table.ts";

/** The measures of some results, each once, with the name of its column. */
export function measuresOf(results: readonly ProtocolResult[]): { readonly name: string; readonly column: string }[] {
  const all = results.flatMap((result) => result.measures ?? []);
  return [...new Map(all.map((measure) => [measure.name, measure])).values()].map(({ name, unit }) => ({
    name,
    column: unit === "px" ? `${name} px` : name,
  }));
}

/** One value in the words of its unit: percent, pixels, or shares of a box. */
export function measureText(unit: MeasureResult["unit"], value: number | null): string {
  if (value === null) return "-";
  return unit === "share" ? percent(value) : value.toFixed(unit === "px" ? 2 : 3);
}

/** Value and interval of a measure, `-` where the result has none. */
export function measureCell(result: ProtocolResult, name: string): string {
  const measure = result.measures?.find((one) => one.name === name);
  if (measure === undefined) return "-";
  const { unit, value, interval } = measure;
  return withBounds(measureText(unit, value), interval, (bound) => measureText(unit, bound));
}

/** `34.5 [31.0, 38.1]` */
export function withBounds(value: string, interval: Interval | null, text: (bound: number) => string): string {
  return interval === null ? value : `${value} [${text(interval.low)}, ${text(interval.high)}]`;
}

/** What the units of these measures mean, for the lines under a table. */
export function measureNotes(results: readonly ProtocolResult[]): string[] {
  const units = new Set(results.flatMap((result) => result.measures ?? []).map(({ unit }) => unit));
  return units.has("box") ? ["LOC-ERR in shares of the object's box; AEPE and LOC-ERR: lower is better"] : [];
}
