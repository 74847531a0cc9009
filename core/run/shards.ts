/**
 * Joining the shards of a run into what one run would have written.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { parseShard } from "./evaluate.ts";
import type { PairLine } from "./line_file.ts";

/** One shard's lines. */
export interface Part<T extends PairLine> {
  /** `3/16` */
  readonly shard: string;
  /** Where its lines are, for messages. */
  readonly path: string;
  /** Pairs it should hold. */
  readonly pairs: readonly string[];
  readonly done: ReadonlyMap<string, T>;
  readonly lines: ReadonlyMap<string, string>;
}

/** All shards joined. */
export interface Joined<T extends PairLine> {
  /** The bytes of the whole file: one line per pair, in the order of the pairs. */
  readonly text: string;
  /** In the order of the pairs. */
  readonly values: readonly T[];
}

/**
 * Joins shards, given in any order.
 *
 * @param order every pair of the run
 * @throws InputError for a part that is missing, that comes twice, that lacks pairs, or that belongs to another count
 */
export function joinShards<T extends PairLine>(parts: readonly Part<T>[], order: readonly string[]): Joined<T> {
  const numbered = parts.map((part) => ({ part, ...parseShard(part.shard) }));
  const counts = [...new Set(numbered.map(({ count }) => count))];
  if (counts.length > 1) throw new InputError(`Cannot join parts of ${counts.join(" and of ")}: remove one set`);
  const count = counts[0] ?? 0;
  const lines = new Map<string, string>();
  const done = new Map<string, T>();
  for (let index = 1; index <= count; index++) {
    const own = numbered.filter((one) => one.index === index);
    if (own.length === 0) throw new InputError(`Cannot join: part ${index}/${count} is missing`);
    if (own.length > 1) throw new InputError(`Cannot join: part ${index}/${count} is there twice`);
    const { shard, path, pairs, ...found } = own[0]!.part;
    const missing = pairs.filter((id) => !found.done.has(id)).length;
    if (missing > 0) {
      throw new InputError(`Cannot join: part ${shard} lacks ${missing} of its ${pairs.length} pairs (${path})`);
    }
    for (const id of pairs) {
      lines.set(id, found.lines.get(id)!);
      done.set(id, found.done.get(id)!);
    }
  }
  const lost = order.filter((id) => !done.has(id)).length;
  if (lost > 0) throw new InputError(`Cannot join: ${lost} of ${order.length} pairs are in no part`);
  return { text: order.map((id) => `${lines.get(id)}\n`).join(""), values: order.map((id) => done.get(id)!) };
}

/**
 * The shards in a run's folder, from the names of its files `<stem>.part-<i>-of-<n>.jsonl`.
 *
 * @returns `1/n` ... `n/n`; empty where there is none
 * @throws InputError for mixed counts and missing parts
 */
export async function findShards(folder: string, stem: string): Promise<string[]> {
  const parts = new Map<number, Set<number>>();
  for await (const entry of Deno.readDir(folder)) {
    const match = /^(\w+)\.part-(\d+)-of-(\d+)\.jsonl$/.exec(entry.name);
    if (match === null || match[1] !== stem) continue;
    const count = Number(match[3]);
    const seen = parts.get(count) ?? new Set();
    seen.add(Number(match[2]));
    parts.set(count, seen);
  }
  if (parts.size === 0) return [];
  if (parts.size > 1) {
    throw new InputError(
      `Cannot merge "${folder}": it holds parts of ${
        [...parts.keys()].join(" and of ")
      }; some pairs would come twice, remove one set`,
    );
  }
  const [[count, seen]] = [...parts] as [[number, Set<number>]];
  const shards = Array.from({ length: count }, (_, i) => `${i + 1}/${count}`);
  const missing = shards.filter((_, i) => !seen.has(i + 1));
  if (missing.length > 0) {
    throw new InputError(
      `Cannot merge "${folder}": part ${missing.join(", ")} is missing (${
        missing.map((shard) => join(folder, `${stem}.part-${shard.replace("/", "-of-")}.jsonl`)).join(", ")
      })`,
    );
  }
  return shards;
}
