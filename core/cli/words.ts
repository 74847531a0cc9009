import { InputError, suggest } from "../errors.ts";
import type { OptionValue } from "../types.ts";
import type { Invocation } from "./main.ts";

/**
 * The text values of a command that takes a fixed set of keys.
 *
 * @param required keys that must be given.
 * @throws InputError for a missing or unknown key, or a value that is not text.
 */
export function textWords<K extends string>(
  invocation: Invocation,
  command: string,
  keys: readonly K[],
  required: readonly K[] = [],
): Partial<Record<K, string>> {
  const out: Partial<Record<K, string>> = {};
  for (const [key, value] of invocation.words.values) {
    if (!(keys as readonly string[]).includes(key)) {
      throw new InputError(`Cannot use "${key}=": \`deno task ${command}\` takes no such key${suggest(key, keys)}`);
    }
    out[key as K] = textOf(key, value);
  }
  for (const key of required) {
    if (out[key] === undefined) {
      throw new InputError(`Cannot ${command}: say ${key}=...; \`deno task ${command} --help\` shows how`);
    }
  }
  return out;
}

/** A scalar or a list of scalars as text, lists joined by commas. */
export function textOf(key: string, value: OptionValue): string {
  if (Array.isArray(value)) return value.map((item) => textOf(key, item)).join(",");
  if (value === null || typeof value === "object") {
    throw new InputError(`Cannot use ${key}=${JSON.stringify(value)}: it takes text`);
  }
  return String(value);
}
