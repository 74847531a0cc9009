import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { buildMethod } from "../../core/build.ts";
import { parseWords, resolveRuns, type RunConfig } from "../../core/config.ts";
import { InputError } from "../../core/errors.ts";
import { Registry } from "../../core/registry.ts";
import type { Image } from "../../core/types.ts";

const registry = await Registry.open();

async function resolve(...words: string[]): Promise<RunConfig> {
  const [config] = await resolveRuns(registry, [parseWords(["backbone=fused", ...words])]);
  return config!;
}

const PARTS = ["backbone.parts=[dense-sift,coarse=hog]", "backbone.dense-sift.step=8", "backbone.coarse.cell=16"];

function picture(seed: number): Image {
  const data = new Uint8Array(3 * 64 * 48).map((_, i) => 127 + 120 * Math.sin(i * 0.037 * seed));
  return { width: 64, height: 48, data, sha256: String(seed), origin: "waves" };
}

async function withDir(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("options of parts are settings of the run, with their origin and their own checks", async () => {
  const { options, settings, parts } = await resolve(...PARTS);
  assertEquals(parts.map(({ label, card }) => [label, card.name]), [["dense-sift", "dense-sift"], ["coarse", "hog"]]);
  assertEquals(options.backbone["coarse.cell"], 16);
  const setting = (key: string) => settings.find((s) => s.key === key);
  assertEquals(setting("backbone.dense-sift.step")?.origin, "command line");
  assertEquals(setting("backbone.coarse.range")?.origin, "plugin default");
  for (
    const [word, why] of [
      ["backbone.coarse.cel=16", 'did you mean "backbone.coarse.cell"?'],
      ["backbone.coarse.cell=-1", "Cannot set backbone.coarse.cell to -1"],
      ["backbone.hog.cell=16", 'Cannot set "backbone.hog.cell"'],
    ] as const
  ) {
    await assertRejects(() => resolve(PARTS[0]!, word), InputError, why);
  }
});

Deno.test("parts that cannot be are refused in one line", async () => {
  const refused = (parts: string, why: string) =>
    assertRejects(() => resolve(`backbone.parts=${parts}`), InputError, why);
  await refused("[hog,hog]", 'Cannot tell two parts "hog" apart; name them, as in a=hog,b=hog');
  await refused("[a=fused]", "it is made of others itself");
  await refused(
    "[sd=stable-diffuson]",
    'it is part "sd" of backbone fused, backbone.parts=[sd=NAME] puts another there',
  );
  await refused("[a=b=c]", "write a backbone's name, or label=name");
  await refused("[A=hog]", "write a backbone's name, or label=name");
  await refused("[3]", "write a backbone's name, or label=name");
  const none = await resolve();
  await assertRejects(() => buildMethod(registry, none, () => {}), InputError, "without parts; set backbone.parts=");
});

Deno.test("maps carry the names of their parts, and each part keeps its own cached features", () =>
  withDir(async (dir) => {
    const open = async (...words: string[]) =>
      await buildMethod(registry, await resolve(`run.cache=${dir}`, "run.cache_memory=0", ...words), () => {});
    {
      await using built = await open(...PARTS);
      const maps = await built.backbone.extract(picture(1));
      assertEquals(maps.map((map) => map.name.split("/")[0]), ["dense-sift", "coarse"]);
      assertEquals([maps[1]!.grid.cols, maps[1]!.channels], [4, 31]);
      assert(built.backbone.identity.startsWith("fused v1 {"));
      assert(built.backbone.identity.includes("dense-sift v"));
      assertEquals({ ...built.backbone.counts }, { computed: 2, fromMemory: 0, fromDisk: 0 });
      // Both pictures leave memory for the disk when the next one comes.
      await built.backbone.extract(picture(2));
    }
    await using other = await open("backbone.parts=[x=hog]", "backbone.x.cell=16");
    await other.backbone.extract(picture(1));
    assertEquals({ ...other.backbone.counts }, { computed: 0, fromMemory: 0, fromDisk: 1 });
  }));

Deno.test("a map asked for twice is the same object, by which methods know it again", async () => {
  await using built = await buildMethod(registry, await resolve("run.cache_disk=0", ...PARTS), () => {});
  const [first, again] = [await built.backbone.extract(picture(1)), await built.backbone.extract(picture(1))];
  assertStrictEquals(first[0], again[0]);
  assertStrictEquals(first[1], again[1]);
});

Deno.test("a method's card speaks of its own parts only", async () => {
  const words = ["method=sd-dino", "backbone.parts=[sd=hog,dino=dinov2-base]"];
  const { options } = await resolve(...words);
  // The card's part dino stands; its part sd gave way, and with it sizes that HOG does not have.
  assertEquals(options.backbone["dino.size"], 840);
  assertEquals(options.backbone["sd.size"], undefined);
});

Deno.test("what parts were trained on counts for the whole", async () => {
  const { backbone } = await resolve("backbone.parts=[hog,dinov2-base]");
  assertEquals(backbone.trainedOn, registry.find("backbone", "dinov2-base").trainedOn);
});
