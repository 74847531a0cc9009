/**
 * What a run is: everything that can change its numbers, and the id made from it.
 *
 * @module
 */
import { sha256 } from "../sha256.ts";
import { rootOf } from "../build.ts";
import type { RunConfig } from "../config.ts";
import type { Benchmark, OptionValue } from "../types.ts";
import type { Direction } from "./predictions.ts";

/** The stored description of a run, `config.json`. */
export interface RunRecord {
  readonly format: 1;
  readonly id: string;
  readonly method: {
    readonly name: string;
    readonly category: string;
    readonly version: number;
    /** Hash of the plugin's own code, so that an edited method never resumes what its older self left. */
    readonly code: string;
    readonly options: Record<string, OptionValue>;
    readonly identity: string | null;
    readonly trainedOn: readonly string[];
  };
  readonly backbone: {
    readonly name: string;
    readonly version: number;
    /** Hash of the plugin's own code, so that an edited method never resumes what its older self left. */
    readonly code: string;
    readonly options: Record<string, OptionValue>;
    readonly identity: string;
    readonly trainedOn: readonly string[];
  };
  readonly localizer: { readonly name: string; readonly options: Record<string, OptionValue> };
  readonly benchmark: {
    readonly name: string;
    readonly version: number;
    /** Hash of the plugin's own code, so that an edited method never resumes what its older self left. */
    readonly code: string;
    readonly split: string;
    readonly options: Record<string, OptionValue>;
    readonly sha256: string;
    readonly synthetic: boolean;
    /** Pairs of the benchmark, whole. */
    readonly pairs: number;
    /** Where the data lay; not part of the id. */
    readonly root: string | null;
  };
  readonly direction: Direction;
  /** Only the first so many pairs; null: all. */
  readonly limit: number | null;
  readonly features: string;
  /** Where heavy operations ran: cuda, cpu or reference; null: the method needs none. */
  readonly ops: string | null;
  /** Why the numbers say nothing: random weights. Absent where they do say something. */
  readonly meaningless?: string;
}

/** Describes a run. The id leaves out what only decides how it is made: folders, cache sizes, threads, shards. */
export async function recordOf(
  config: RunConfig,
  benchmark: Benchmark,
  identities: { backbone: string; method: string | undefined; ops: string | null; meaningless?: string | undefined },
): Promise<RunRecord> {
  const limit = config.options.run.limit as number | null;
  const body: Omit<RunRecord, "id"> = {
    format: 1,
    method: {
      name: config.method.name,
      category: config.method.category,
      version: config.method.version,
      code: await codeHash(config.method.folder),
      options: config.options.method,
      identity: identities.method ?? null,
      trainedOn: config.method.trainedOn,
    },
    backbone: {
      name: config.backbone.name,
      version: config.backbone.version,
      code: await codeHash(config.backbone.folder),
      options: config.options.backbone,
      identity: identities.backbone,
      trainedOn: config.backbone.trainedOn,
    },
    localizer: { name: config.localizer, options: config.options.localizer },
    benchmark: {
      name: benchmark.name,
      version: config.benchmark.version,
      code: await codeHash(config.benchmark.folder),
      split: benchmark.split,
      options: config.options.benchmark,
      sha256: benchmark.sha256,
      synthetic: benchmark.synthetic,
      pairs: benchmark.pairs.length,
      root: rootOf(config) ?? null,
    },
    direction: config.options.run.direction as Direction,
    limit: limit !== null && limit < benchmark.pairs.length ? limit : null,
    features: config.options.run.cache_type as string,
    ops: identities.ops,
    ...(identities.meaningless === undefined ? {} : { meaningless: identities.meaningless }),
  };
  const hashed = { ...body, benchmark: { ...body.benchmark, root: null } };
  return { ...body, id: (await sha256(canonical(hashed))).slice(0, 12) };
}

/** Hash of the code of a plugin's folder: every .ts file that is no test, bench or golden runner. */
export async function codeHash(folder: string): Promise<string> {
  const parts: string[] = [];
  async function walk(dir: string, prefix: string): Promise<void> {
    const entries = (await Array.fromAsync(Deno.readDir(dir))).sort((a, b) => a.name < b.name ? -1 : 1);
    for (const { name, isDirectory } of entries) {
      if (isDirectory) await walk(`${dir}/${name}`, `${prefix}${name}/`);
      else if (/\.ts$/.test(name) && !/(_test|_bench|\.golden)\.ts$/.test(name)) {
        parts.push(`${prefix}${name}\n${await Deno.readTextFile(`${dir}/${name}`)}`);
      }
    }
  }
  await walk(folder, "");
  return (await sha256(parts.join("\n"))).slice(0, 16);
}

/** JSON with sorted keys, so that equal settings give equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined).sort(([a], [b]) => a < b ? -1 : 1);
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** `runs/<benchmark>/<method>+<backbone>/<id>` */
export function runFolder(out: string, record: RunRecord): string {
  return `${out}/${record.benchmark.name}/${record.method.name}+${record.backbone.name}/${record.id}`;
}
