import type { GoldenCheck } from "../golden/types.ts";

/** JSON as recorded. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonMap = { readonly [key: string]: Json };

/** Values are recorded with six digits. */
export const TOLERANCE = 1e-6;

export function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Allowance for a mean that the official code takes in float32, in an order that depends on the machine's vector width:
 * two spacings of float32 at the value.
 */
export function singleMeanTolerance(value: number): number {
  return TOLERANCE + 2 * 2 ** (Math.floor(Math.log2(Math.abs(value) || 1)) - 23);
}

/** Compares every number of `expected` with the same place in `actual`, which may hold more. */
export function compare(name: string, expected: Json, actual: unknown, tolerance = TOLERANCE): GoldenCheck {
  let error = 0;
  let lost = "";
  const visit = (want: Json, got: unknown, path: string) => {
    if (typeof want === "number") {
      if (typeof got !== "number") lost ||= `nothing computed for ${path}`;
      else error = Math.max(error, Number.isNaN(got) ? Infinity : Math.abs(want - got));
    } else if (isMap(want)) {
      for (const [key, value] of Object.entries(want)) {
        visit(value, (got as JsonMap | undefined)?.[key], `${path}/${key}`);
      }
    } else if (Array.isArray(want)) {
      want.forEach((value, index) => visit(value, (got as Json[] | undefined)?.[index], `${path}/${index}`));
    } else if (want !== got) lost ||= `${path} is ${JSON.stringify(want)}, computed ${JSON.stringify(got)}`;
  };
  visit(expected, actual, name);
  const pass = lost === "" && error <= tolerance;
  const said = lost || (error > TOLERANCE && pass ? "the official mean is float32; its spacing here exceeds 1e-6" : "");
  return { name, error: lost ? Infinity : error, tolerance, pass, ...(said ? { note: said } : {}) };
}

/** `{alpha: value}` as the recorded files write it. */
export function byAlpha(alphas: readonly number[], values: readonly number[]): Record<string, number> {
  return Object.fromEntries(alphas.map((alpha, index) => [String(alpha), values[index]!]));
}

/** The keys of a recorded `{alpha: value}` that are numbers. */
export function alphasOf(map: JsonMap): number[] {
  return Object.keys(map).map(Number).filter((alpha) => !Number.isNaN(alpha));
}
