import type { OptionSpec, OptionValue, Widen } from "./types.ts";

/**
 * One documented option of a plugin. The default's type is the option's type.
 *
 * @example
 * ```ts
 * const defaults = {
 *   temperature: option(0.03, "soft-max temperature", { min: 0 }),
 *   mutual: option(false, "keep only mutual nearest neighbours"),
 *   fit: option("stretch", "how the picture meets the network's size", { choices: ["stretch", "pad"] }),
 *   size: option(null as number | null, "side in pixels; null: the picture's own", { accepts: ["number"], integer: true, min: 1 }),
 * };
 * ```
 */
export function option<const T extends OptionValue>(
  value: T,
  doc: string,
  rules: Omit<OptionSpec<Widen<T>>, "value" | "doc"> = {},
): OptionSpec<Widen<T>> {
  return { ...rules, value: value as unknown as Widen<T>, doc };
}
