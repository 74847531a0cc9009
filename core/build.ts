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
import type { Benchmark, Method } from "./types.ts";

/** A method ready to match, with what it stands on. */
export interface BuiltMethod {
  readonly method: Method;
  readonly backbone: CachedBackbone;
}

const MIB = 1024 * 1024;

/** Builds the method of a configuration. The caller closes it. */
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
  const method = await methodPlugin.build({ card: config.method, log, backbone, localizer }, config.options.method);
  return { method, backbone };
}

/** Builds the benchmark of a configuration. Throws InputError where its data is absent or broken. */
export async function buildBenchmark(
  registry: Registry,
  config: RunConfig,
  log: (line: string) => void,
): Promise<Benchmark> {
  const plugin = await registry.load({ ...config.benchmark, kind: "benchmark" });
  const benchmark = await plugin.build(
    { card: config.benchmark, log, ...(config.root === undefined ? {} : { root: config.root }) },
    config.options.benchmark,
  );
  if (benchmark.pairs.length === 0) {
    throw new InputError(`Cannot run on "${benchmark.name}": split "${benchmark.split}" holds no pairs`);
  }
  return benchmark;
}
