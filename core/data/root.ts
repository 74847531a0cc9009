import { join } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import type { BenchmarkContext, Card } from "../types.ts";

/** The folder of a benchmark's data, checked to be a folder. */
export function dataRoot({ card, root }: BenchmarkContext): string {
  if (root === undefined) {
    throw new InputError(
      `Cannot open benchmark "${card.name}": no folder given; name one with benchmark.root=DIR, or get the data with ` +
        `"deno task data benchmark=${card.name}"`,
    );
  }
  if (!isFolder(root)) throw new InputError(`Cannot open benchmark "${card.name}": "${root}" is no folder`);
  return root;
}

/** The first of `entries` (relative, `""` for the root itself) that is there. */
export function firstExisting(root: string, entries: readonly string[]): string | undefined {
  return entries.map((entry) => entry === "" ? root : join(root, entry)).find(exists);
}

/**
 * {@linkcode firstExisting}, or an error that says where was looked.
 *
 * @param what the thing in words: `the pair list`
 */
export function needExisting(root: string, entries: readonly string[], card: Card, what: string): string {
  const found = firstExisting(root, entries);
  if (found !== undefined) return found;
  const tried = entries.map((entry) => `"${entry === "" ? "." : entry}"`).join(", ");
  throw new InputError(`Cannot open benchmark "${card.name}": ${what} is missing, "${root}" has no ${tried}`);
}

/** Names in a folder, sorted by code unit so that no file system's own order shows. */
export function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((name) => !name.startsWith(".")).sort();
  } catch (error) {
    throw new InputError(`Cannot read folder "${folder}": ${messageOf(error)}`, { cause: error });
  }
}

/** The official number of pairs of a split, from `extra.counts` of the card. */
export function officialCount(card: Card, split: string): number | undefined {
  const counts = card.extra["counts"];
  if (typeof counts !== "object" || counts === null || Array.isArray(counts)) return undefined;
  const count = (counts as { readonly [split: string]: unknown })[split];
  return typeof count === "number" ? count : undefined;
}

/** Whether something of this name is there. */
export function exists(path: string): boolean {
  return stat(path) !== undefined;
}

/** Whether a folder of this name is there. */
export function isFolder(path: string): boolean {
  return stat(path)?.isDirectory === true;
}

function stat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}
