/**
 * Turns a resolved configuration into objects: backbone behind its cache, localizer, method, benchmark.
 *
 * @module
 */
import { type CacheCounts, cached, type CachedBackbone } from "./cache/mod.ts";
import type { CacheType } from "./cache/disk.ts";
import { borrowing, Loans } from "./cache/loans.ts";
import type { RunConfig } from "./config.ts";
import { InputError } from "./errors.ts";
import { localizers } from "./localize/mod.ts";
import type { Registry } from "./registry.ts";
import type { Ops, OpsKind } from "../ffi/mod.ts";
import type { Backbone, BackbonePlugin, Benchmark, Method, MethodContext, OptionValue } from "./types.ts";

/** A method ready to match, with what it stands on. */
export interface BuiltMethod extends AsyncDisposable {
  readonly method: Method;
  readonly backbone: CachedBackbone;
  /** Which implementation of the heavy operations the method opened; null: it needed none. */
  readonly ops: string | null;
  /** Why its numbers say nothing (random weights of the method or of the network); absent where they do. */
  readonly meaningless?: string;
}

const MIB = 1024 * 1024;

/** Builds the method of a configuration. The caller disposes it. */
export async function buildMethod(
  registry: Registry,
  config: RunConfig,
  log: (line: string) => void,
): Promise<BuiltMethod> {
  const [methodPlugin, backbonePlugin] = await Promise.all([
    registry.load({ ...config.method, kind: "method" }),
    registry.load({ ...config.backbone, kind: "backbone" }),
  ]);
  await methodPlugin.check?.({ card: config.method, log }, config.options.method);
  const run = config.options.run;
  const loans = new Loans();
  const behindCache = (bare: Backbone) =>
    cached(bare, {
      dir: run.cache as string,
      memoryBytes: (run.cache_memory as number) * MIB / Math.max(1, config.parts.length),
      diskBytes: (run.cache_disk as number) * MIB,
      type: run.cache_type as CacheType,
      log,
      loans,
    });
  const parts = new Map<string, CachedBackbone>();
  const reasons: string[] = [];
  for (const { label, card } of config.parts) {
    const plugin = await registry.load({ ...card, kind: "backbone" });
    const part = await namingOptions(label, plugin, () => {
      return plugin.build({ card, log }, partOptions(config.options.backbone, label));
    });
    if (part.meaningless !== undefined) reasons.push(`${part.meaningless} of ${card.name}`);
    parts.set(label, behindCache(part));
  }
  const options = partOptions(config.options.backbone, undefined);
  const context = { card: config.backbone, log, ...(parts.size > 0 && { parts }) };
  const bare = await backbonePlugin.build(context, options);
  if (bare.meaningless !== undefined) reasons.push(`${bare.meaningless} of ${config.backbone.name}`);
  // Features of parts are kept part by part: other combinations use them again.
  const backbone = parts.size > 0 ? { ...bare, counts: jointCounts([...parts.values()]) } : behindCache(bare);
  const localizer = localizers[config.localizer]!.build(config.options.localizer);
  let opening: Promise<Ops> | undefined;
  const given: MethodContext = {
    card: config.method,
    log,
    backbone,
    localizer,
    ops: () => opening ??= openConfiguredOps(config, log),
  };
  const method = borrowing(await methodPlugin.build(given, config.options.method), loans);
  if (method.meaningless !== undefined) reasons.push(`${method.meaningless} of ${config.method.name}`);
  return {
    method,
    backbone,
    ...(reasons.length > 0 && { meaningless: reasons.join(", ") }),
    ops: opening === undefined ? null : (await opening).kind,
    async [Symbol.asyncDispose]() {
      await method.close?.();
      (await opening)?.close();
    },
  };
}

/** Runs `build` of a part; errors that advise setting `backbone.<option>` advise `backbone.<label>.<option>` instead. */
async function namingOptions<T>(label: string, { defaults }: BackbonePlugin, build: () => T): Promise<Awaited<T>> {
  try {
    return await build();
  } catch (error) {
    if (error instanceof InputError) {
      const advice = new RegExp(`\\bbackbone\\.(?=(?:${Object.keys(defaults).join("|")})\\b)`, "g");
      error.message = error.message.replaceAll(advice, `backbone.${label}.`);
    }
    throw error;
  }
}

/** Options of one part, or those that belong to no part. */
function partOptions(all: Record<string, OptionValue>, label: string | undefined): Record<string, OptionValue> {
  const entries = Object.entries(all);
  if (label === undefined) return Object.fromEntries(entries.filter(([name]) => !name.includes(".")));
  const start = `${label}.`;
  return Object.fromEntries(
    entries.filter(([name]) => name.startsWith(start)).map(([name, value]) => [name.slice(start.length), value]),
  );
}

/** Counts of several caches, as they are when they are read. */
function jointCounts(parts: readonly CachedBackbone[]): CacheCounts {
  const sum = (key: keyof CacheCounts) => parts.reduce((total, { counts }) => total + counts[key], 0);
  return {
    get computed() {
      return sum("computed");
    },
    get fromMemory() {
      return sum("fromMemory");
    },
    get fromDisk() {
      return sum("fromDisk");
    },
  };
}

/** The native operations as the configuration asks for them; the library is loaded only now. */
async function openConfiguredOps(config: RunConfig, log: (line: string) => void): Promise<Ops> {
  const { openOps } = await import("../ffi/mod.ts");
  const { memory, threads } = config.options.ops;
  return await openOps({
    ops: config.ops as OpsKind,
    log,
    ...(typeof memory === "number" ? { memory: memory * MIB } : {}),
    ...(typeof threads === "number" ? { threads } : {}),
  });
}

/** Where `deno task data` puts a benchmark: `data/<name>` below the folder the command is started in. */
export function dataFolder(name: string): string {
  return `data/${name}`;
}

/** The folder of a configuration's data: `benchmark.root`, or the data folder's entry where there is one. */
export function rootOf(config: RunConfig): string | undefined {
  if (config.root !== undefined) return config.root;
  const folder = dataFolder(config.benchmark.name);
  try {
    return Deno.statSync(folder).isDirectory ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** Builds the benchmark of a configuration. Throws InputError where its data is absent or broken. */
export async function buildBenchmark(
  registry: Registry,
  config: RunConfig,
  log: (line: string) => void,
): Promise<Benchmark> {
  const plugin = await registry.load({ ...config.benchmark, kind: "benchmark" });
  const root = rootOf(config);
  const benchmark = await plugin.build(
    { card: config.benchmark, log, ...(root === undefined ? {} : { root }) },
    config.options.benchmark,
  );
  if (benchmark.pairs.length === 0) {
    throw new InputError(`Cannot run on "${benchmark.name}": split "${benchmark.split}" holds no pairs`);
  }
  return benchmark;
}
