import { buildBenchmark } from "../build.ts";
import { resolveRuns, type RunConfig } from "../config.ts";
import { InputError } from "../errors.ts";
import type { Registry } from "../registry.ts";
import type { FoundRun } from "../run/find.ts";
import type { Benchmark, OptionValue } from "../types.ts";

/**
 * Loads the benchmark a stored run was made on.
 *
 * @param root where the data lies now, if it moved.
 * @throws InputError when its annotations are not the ones the run was scored against.
 */
export async function benchmarkOf(registry: Registry, run: FoundRun, root: string | undefined): Promise<Benchmark> {
  const { benchmark } = run.record;
  const values = new Map<string, OptionValue>([["benchmark", benchmark.name]]);
  for (const [key, value] of Object.entries(benchmark.options)) values.set(`benchmark.${key}`, value);
  const where = root ?? benchmark.root;
  if (where !== null) values.set("benchmark.root", where);
  const [config] = await resolveRuns(registry, [{ origin: `${run.folder}/config.json`, values }]) as [RunConfig];
  const loaded = await buildBenchmark(registry, config, (line) => console.error(line));
  if (loaded.sha256 !== benchmark.sha256) {
    throw new InputError(
      `Cannot score "${run.folder}" on "${
        where ?? benchmark.name
      }": its annotations differ from those the run was made on`,
    );
  }
  return loaded;
}
