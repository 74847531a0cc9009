import { Registry } from "../core/registry.ts";
import type { Benchmark, OptionValue } from "../core/types.ts";
import { defaultsOf } from "../core/value.ts";

/** The embedded benchmark with some options changed. */
export async function buildShapes(options: Record<string, OptionValue> = {}): Promise<Benchmark> {
  const registry = await Registry.open();
  const card = registry.find("benchmark", "shapes");
  const plugin = await registry.load({ ...card, kind: "benchmark" });
  return await plugin.build({ card, log: () => {} }, { ...defaultsOf(plugin.defaults), ...options });
}
