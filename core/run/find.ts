import { join } from "@std/path";
import { InputError, suggest } from "../errors.ts";
import { readJson } from "./files.ts";
import type { RunRecord } from "./record.ts";

/** A run folder, finished or not. */
export interface FoundRun {
  readonly folder: string;
  readonly record: RunRecord;
}

/** Every run below `out`, ordered by folder. */
export async function listRuns(out: string): Promise<FoundRun[]> {
  const found: FoundRun[] = [];
  for (const benchmark of await subfolders(out)) {
    for (const method of await subfolders(join(out, benchmark))) {
      for (const id of await subfolders(join(out, benchmark, method))) {
        const folder = join(out, benchmark, method, id);
        const record = await readJson(join(folder, "config.json")) as RunRecord | undefined;
        if (record?.format === 1) found.push({ folder, record });
      }
    }
  }
  return found;
}

/**
 * The run named by an id (or its unambiguous beginning) or by its folder.
 *
 * @throws InputError when there is none, or more than one.
 */
export async function findRun(out: string, name: string): Promise<FoundRun> {
  if (name.includes("/")) {
    const folder = name.replace(/\/+$/, "");
    const record = await readJson(join(folder, "config.json")) as RunRecord | undefined;
    if (record?.format !== 1) {
      throw new InputError(`Cannot find a run in "${folder}": it holds no config.json of a run`);
    }
    return { folder, record };
  }
  const runs = await listRuns(out);
  const matches = runs.filter((run) => run.record.id.startsWith(name));
  if (matches.length === 1) return matches[0]!;
  if (matches.length > 1) {
    throw new InputError(
      `Cannot tell which run "${name}" is: ${matches.map((run) => run.record.id).join(", ")}; write more of the id`,
    );
  }
  const hint = runs.length === 0 ? `; "${out}" holds no runs` : suggest(name, runs.map((run) => run.record.id));
  throw new InputError(`Cannot find run "${name}"${hint}`);
}

async function subfolders(dir: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(dir));
    return entries.filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();
  } catch {
    return [];
  }
}
