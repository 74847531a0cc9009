/**
 * Values of the command line and of YAML, checked against a plugin's schema.
 *
 * @module
 */
import { parse } from "@std/yaml";
import { InputError, messageOf } from "./errors.ts";
import type { OptionSpec, OptionSpecs, OptionValue } from "./types.ts";

const NUMBER = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/;

/**
 * The value of one `key=value` word: a YAML 1.2 scalar, or a flow list or map, without guessing (`no` is text).
 *
 * @throws InputError when a quoted text, list or map does not close.
 */
export function parseValue(key: string, text: string): OptionValue {
  if (/^[[{"']/.test(text)) {
    try {
      return parse(text, { schema: "core" }) as OptionValue;
    } catch (error) {
      throw new InputError(`Cannot read the value of "${key}": ${messageOf(error)}`);
    }
  }
  if (text === "true" || text === "false") return text === "true";
  if (text === "null" || text === "~") return null;
  return NUMBER.test(text) ? Number(text) : text;
}

function typeName(value: OptionValue): string {
  return value === null ? "null" : Array.isArray(value) ? "list" : typeof value === "object" ? "map" : typeof value;
}

/** `a whole number of at least 1`, `one of: a, b`, `true or false`, ... */
export function describe(spec: OptionSpec): string {
  if (spec.choices !== undefined) return `one of: ${spec.choices.join(", ")}`;
  const parts = [...new Set([typeName(spec.value), ...(spec.accepts ?? [])])].map((type) => {
    if (type === "boolean") return "true or false";
    if (type === "string") return "text";
    if (type !== "number") return type === "null" ? "null" : `a ${type}`;
    const range = spec.min !== undefined && spec.max !== undefined
      ? ` from ${spec.min} to ${spec.max}`
      : spec.min !== undefined
      ? ` of at least ${spec.min}`
      : spec.max !== undefined
      ? ` of at most ${spec.max}`
      : "";
    return `a ${spec.integer ? "whole " : ""}number${range}`;
  });
  return parts.join(" or ");
}

/**
 * Returns `value` if `spec` allows it.
 *
 * @throws InputError that says what the option takes, its default and its meaning.
 */
export function checkValue(key: string, value: OptionValue, spec: OptionSpec): OptionValue {
  const types = new Set([typeName(spec.value), ...(spec.accepts ?? [])]);
  const type = typeName(value);
  const fits = spec.choices !== undefined
    ? spec.choices.includes(value)
    : types.has(type) && (typeof value !== "number" || (
      Number.isFinite(value) && (!spec.integer || Number.isInteger(value)) &&
      value >= (spec.min ?? -Infinity) && value <= (spec.max ?? Infinity)
    ));
  if (fits) return value;
  const shown = typeof value === "string" ? `"${value}"` : JSON.stringify(value);
  throw new InputError(
    `Cannot set ${key} to ${shown}: it must be ${describe(spec)} (default ${JSON.stringify(spec.value)}: ${spec.doc})`,
  );
}

/** The plain values of a schema's defaults. */
export function defaultsOf(specs: OptionSpecs): Record<string, OptionValue> {
  return Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, spec.value]));
}
