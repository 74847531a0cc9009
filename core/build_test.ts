import { assertEquals, assertRejects } from "@std/assert";
import { buildMethod } from "./build.ts";
import { marks } from "./cli/report.ts";
import { parseWords, resolveRuns } from "./config.ts";
import { InputError } from "./errors.ts";
import { Registry } from "./registry.ts";
import type { ResultRecord } from "./run/result.ts";

async function configOf(...words: string[]) {
  const registry = await Registry.open();
  const [config] = await resolveRuns(registry, [parseWords([...words, "ops=reference", "run.cache_disk=0"])]);
  return { registry, config: config! };
}

Deno.test("random weights of a method and of its network mark the run, and so every table of it", async () => {
  const { registry, config } = await configOf("method=nc-net", "weights=random");
  assertEquals(config.options.backbone.weights, "random");
  await using built = await buildMethod(registry, config, () => {});
  assertEquals(built.meaningless, "random weights of resnet101, random weights of nc-net");
  const run = { meaningless: built.meaningless, method: { trainedOn: [] }, backbone: { trainedOn: [] }, benchmark: {} };
  const result = { run, synthetic: false, complete: true, pairs: {} } as unknown as ResultRecord;
  assertEquals(marks(result), ["MEANINGLESS: random weights of resnet101, random weights of nc-net"]);
});

Deno.test("a method whose numbers mean something carries no such mark", async () => {
  const { registry, config } = await configOf("method=nearest-neighbour", "backbone=hog");
  await using built = await buildMethod(registry, config, () => {});
  assertEquals(built.meaningless, undefined);
});

Deno.test("a learned method without its weights says so before its network does", async () => {
  const before = Deno.env.get("SC_WEIGHTS");
  const folder = await Deno.makeTempDir();
  Deno.env.set("SC_WEIGHTS", folder);
  try {
    const { registry, config } = await configOf("method=nc-net");
    await assertRejects(
      () => buildMethod(registry, config, () => {}),
      InputError,
      "Cannot use nc-net without its weights",
    );
  } finally {
    if (before === undefined) Deno.env.delete("SC_WEIGHTS");
    else Deno.env.set("SC_WEIGHTS", before);
    await Deno.remove(folder);
  }
});
