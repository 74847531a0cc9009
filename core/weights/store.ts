/**
 * Where weight files lie, and what to tell the user when they do not.
 *
 * @module
 */
import { join } from "@std/path";
import { readFileRecord } from "../data/file_record.ts";
import { InputError, suggest } from "../errors.ts";
import type { Card, WeightCard } from "../types.ts";
import { hashFile } from "./hash.ts";
import { hashWeights } from "./sharded.ts";

/** A card's word for a hash that only a download can tell. */
export const UNRECORDED = "recorded on first download";

/** A weight file that is there. */
export interface ResolvedWeights {
  readonly path: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** How weights are found. */
export interface ResolveOptions {
  /** A file, or the index of several, to use instead of the store's, with no hash to meet; "" or absent: the store's. */
  readonly weights?: string;
  /** The plugin's option that {@linkcode weights} comes from, for messages; absent: `weights`. */
  readonly option?: string;
  /** Which of the card's files; absent: its only one. */
  readonly name?: string;
  /** The store; absent: {@linkcode weightsFolder}. */
  readonly dir?: string;
}

/**
 * The folder of downloaded weights: `SC_WEIGHTS`, or `semantic-correspondence/weights` in the user's cache folder.
 *
 * @throws InputError where neither is known.
 */
export function weightsFolder(): string {
  const asked = variable("SC_WEIGHTS");
  if (asked) return asked;
  const cache = variable("XDG_CACHE_HOME") ?? variable("LOCALAPPDATA");
  if (cache) return join(cache, "semantic-correspondence", "weights");
  const home = variable("HOME");
  if (home) return join(home, ".cache", "semantic-correspondence", "weights");
  throw new InputError("Cannot tell where weights lie: set SC_WEIGHTS to a folder outside the repository");
}

/** An environment variable; undefined where it is unset, empty, or not allowed to be read. */
function variable(name: string): string | undefined {
  try {
    return Deno.env.get(name) || undefined;
  } catch {
    return undefined;
  }
}

/**
 * The weight file a plugin shall use, with its hash.
 *
 * A file of the store must have the hash its card names, or, where the card names none, the one recorded beside it when
 * it was downloaded.
 *
 * @throws InputError where the file is absent or has another hash.
 */
export async function resolveWeights(card: Card, options: ResolveOptions = {}): Promise<ResolvedWeights> {
  if (options.weights) return { path: options.weights, sha256: await hashWeights(options.weights) };
  const entry = weightCard(card, options.name);
  const path = weightPath(entry, options.dir ?? weightsFolder());
  try {
    await Deno.stat(path);
  } catch {
    throw new InputError(
      `Cannot use ${card.name}: its weights "${path}" are not there; get them by "deno task weights name=${card.name}"` +
        ` (${entry.licence}), or give a file by backbone.${options.option ?? "weights"}=PATH`,
    );
  }
  const sha256 = await hashFile(path);
  const expected = entry.sha256 === UNRECORDED ? readFileRecord(path)?.sha256 : entry.sha256;
  if (expected !== undefined && expected !== sha256) {
    throw new InputError(
      `Cannot use weights "${path}" of ${card.name}: their sha256 is ${sha256}, not ${expected}; delete and fetch them again`,
    );
  }
  return { path, sha256 };
}

/** A file of a card by name. @throws InputError where the card has none of that name, or several and none was named. */
export function weightCard(card: Card, name?: string): WeightCard {
  const names = card.weights.map((entry) => entry.name);
  if (name === undefined) {
    const [only, ...more] = card.weights;
    if (only !== undefined && more.length === 0) return only;
    const why = only === undefined ? "its card names none" : `choose one of ${names.join(", ")}`;
    throw new InputError(`Cannot find weights of ${card.name}: ${why}; a file can be given by backbone.weights=PATH`);
  }
  const entry = card.weights.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new InputError(`Cannot find weights "${name}" of ${card.name}${suggest(name, names)}`);
  return entry;
}

/** Where a file of the store lies. */
export function weightPath(entry: WeightCard, dir: string): string {
  // A card may come from anywhere; its names stay inside the store.
  if (!/^[\w.+-]+$/.test(entry.name) || entry.name.startsWith(".")) {
    throw new InputError(`Cannot store weights as "${entry.name}": a plain file name is needed`);
  }
  return join(dir, entry.name);
}
