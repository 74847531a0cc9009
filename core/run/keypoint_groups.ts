/**
 * Keypoints that look alike, as a benchmark's own data: `keypoint_groups.yaml` beside its card.
 *
 * @module
 */
import { parse } from "@std/yaml";
import { InputError, messageOf } from "../errors.ts";
import type { KeypointGroups } from "../metrics/mod.ts";
import type { Benchmark, Card } from "../types.ts";

/**
 * Reads the groups of a benchmark: a map `groups` of category -> lists of keypoint ids, `"*"` for all categories that
 * are not named. Keypoints without a look-alike are in no group.
 *
 * @returns groups of every category of the benchmark's pairs
 * @throws InputError where the benchmark has no such file, or the file is broken or lacks a category
 */
export async function keypointGroups(
  card: Pick<Card, "name" | "folder">,
  benchmark: Pick<Benchmark, "pairs">,
): Promise<KeypointGroups> {
  const path = `${card.folder}/keypoint_groups.yaml`;
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw new InputError(`Cannot read "${path}": ${messageOf(error)}`);
    throw new InputError(
      `Cannot find geometry-aware keypoints of "${card.name}": it has no keypoint_groups.yaml that says which ` +
        `keypoints look alike`,
    );
  }
  const groups = parseGroups(text, path);
  const categories = new Set(benchmark.pairs.map((pair) => pair.category));
  return Object.fromEntries([...categories].map((category) => {
    const own = groups[category] ?? groups["*"];
    if (own === undefined) throw new InputError(`Cannot use "${path}": it has no groups for category "${category}"`);
    return [category, own];
  }));
}

/** @throws InputError naming the file and the first thing wrong in it */
export function parseGroups(text: string, path: string): KeypointGroups {
  const broken = (why: string) => new InputError(`Cannot use "${path}": ${why}`);
  let raw: unknown;
  try {
    raw = parse(text, { schema: "core" });
  } catch (error) {
    throw broken(messageOf(error));
  }
  const groups = (raw as { groups?: unknown } | null)?.groups;
  if (typeof groups !== "object" || groups === null || Array.isArray(groups)) throw broken('"groups" must be a map');
  return Object.fromEntries(
    Object.entries(groups).map(([category, lists]: [string, unknown]) => {
      if (!Array.isArray(lists)) throw broken(`groups of "${category}" must be a list of lists`);
      const seen = new Set<string>();
      return [
        category,
        lists.map((list: unknown) => {
          if (!Array.isArray(list) || list.length < 2) {
            throw broken(`a group of "${category}" must be a list of two keypoints or more`);
          }
          return list.map((id: unknown) => {
            if (typeof id !== "string" && typeof id !== "number") throw broken(`"${category}" names a keypoint ${id}`);
            if (seen.has(String(id))) throw broken(`"${category}" names keypoint ${id} twice`);
            seen.add(String(id));
            return String(id);
          });
        }),
      ];
    }),
  );
}
