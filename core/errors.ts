import { closestString, levenshteinDistance } from "@std/text";

/**
 * Bad input from outside: a file, a folder, an option, a download. The message is one line in the project's tone:
 * what was asked, why it cannot be, what would work. The command line prints it without a stack trace and exits with 1.
 *
 * Programming mistakes keep TypeError and RangeError.
 */
export class InputError extends Error {
  override name = "InputError";
}

/**
 * Settings that cannot work together, whatever the pictures: a benchmark stops at the first pair instead of skipping
 * every one.
 */
export class ConfigError extends InputError {
  override name = "ConfigError";
}

/** A list of everything helps only while it can be read. */
const MOST_SHOWN = 12;

/**
 * `, did you mean "x"?` where a candidate is near, else the list of candidates.
 *
 * @example
 * ```ts
 * suggest("nc-nt", ["nc-net", "chm"]); // `, did you mean "nc-net"?`
 * ```
 */
export function suggest(asked: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return "; there are none";
  const nearest = closestString(asked, [...candidates]);
  // A third of the letters may differ; beyond that the guess is noise.
  if (levenshteinDistance(asked, nearest) <= Math.max(2, Math.floor(nearest.length / 3))) {
    return `, did you mean "${nearest}"?`;
  }
  const shown = candidates.slice(0, MOST_SHOWN).join(", ");
  return `; there are: ${shown}${candidates.length > MOST_SHOWN ? `, and ${candidates.length - MOST_SHOWN} more` : ""}`;
}

/** The text of any thrown value, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}
