import { assertEquals, assertRejects } from "@std/assert";
import { parseWords, resolveRuns, type RunConfig } from "../../../core/config.ts";
import { InputError } from "../../../core/errors.ts";
import { Registry } from "../../../core/registry.ts";

const registry = await Registry.open();

async function resolve(...words: string[]): Promise<RunConfig> {
  const [config] = await resolveRuns(registry, [parseWords(["method=dinov2", ...words])]);
  return config!;
}

Deno.test("the survey's setting is the default: ViT-B/14, 840 x 840 stretched, last block after its norm, kernel soft-argmax", async () => {
  const { backbone, localizer, options } = await resolve();
  assertEquals([backbone.name, localizer], ["dinov2-base", "kernel-soft-argmax"]);
  assertEquals(options.localizer, { temperature: 0.03, sigma: 7 });
  const { size, fit, resample, normalise, layers, norm, facet, tuned } = options.backbone;
  assertEquals([size, fit, resample, normalise], [840, "stretch", "torch-bilinear", "imagenet"]);
  assertEquals([layers, norm, facet, tuned], [null, true, "token", ""]);
});

Deno.test("weights=PATH becomes the network's fine-tuned parameters, told with its origin", async () => {
  const { options, settings } = await resolve("weights=best_weights.pt", "backbone=dinov2-small");
  assertEquals(options.backbone.tuned, "best_weights.pt");
  assertEquals(settings.find(({ key }) => key === "backbone.tuned")?.origin, 'method "dinov2"');
});

Deno.test("what the user says of the network wins over what the method makes of its weights", async () => {
  const { options } = await resolve("weights=a.pt", "backbone.tuned=b.pt");
  assertEquals(options.backbone.tuned, "b.pt");
});

Deno.test("weights for a network that cannot take them are refused before anything is built", async () => {
  await assertRejects(
    () => resolve("weights=a.pt", "backbone=hog"),
    InputError,
    'Cannot use these settings of method "dinov2" with backbone "hog": it has no option backbone.tuned',
  );
});
