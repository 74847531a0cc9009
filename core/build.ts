/**
 * Turns a resolved configuration into objects: backbone behind its cache, localizer, method, benchmark.
 *
 * @module
 */
import { cached, type CachedBackbone } from "./cache/mod.ts";
import type { CacheType } from "./cache/disk.ts";
import type { RunConfig } from "./config.ts";
import { InputError } from "./errors.ts";
import { localizers } from "./localize/mod.ts";
import type { Registry } from "./registry.ts";
import type { Ops, OpsKind } from "../ffi/mod.ts";
import type { Benchmark, Method, MethodContext } from "./types.ts";

/** A method ready to match, with what it stands on. */
export interface BuiltMethod extends AsyncDisposable {
  readonly method: Method;
  readonly backbone: CachedBackbone;
  /** Which implementation of the heavy operations the method opened; null: it needed none. */
  readonly ops: string | null;
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
  const run = config.options.run;
  const bare = await backbonePlugin.build({ card: config.backbone, log }, config.options.backbone);
  const backbone = cached(bare, {
    dir: run.cache as string,
    memoryBytes: (run.cache_memory as number) * MIB,
    diskBytes: (run.cache_disk as number) * MIB,
    type: run.cache_type as CacheType,
    log,
  });
  const localizer = localizers[config.localizer]!.build(config.options.localizer);
  let opening: Promise<Ops> | undefined;
  const context: MethodContext = {
    card: config.method,
    log,
    backbone,
    localizer,
    ops: () => opening ??= openConfiguredOps(config, log),
  };
  const method = await methodPlugin.build(context, config.options.method);
  return {
    method,
    backbone,
    ops: opening === undefined ? null : (await opening).kind,
    async [Symbol.asyncDispose]() {
      await method.close?.();
      (await opening)?.close();
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
