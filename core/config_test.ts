import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { parseWords, readLayer, resolveRuns } from "./config.ts";
import { InputError } from "./errors.ts";
import { Registry } from "./registry.ts";

const OPTIONS = (specs: string) => `export default { defaults: { ${specs} }, build: () => ({}) };\n`;

const FILES: Record<string, string> = {
  "methods/cost-volume/nc/method.yaml": `name: nc
version: 1
summary: s
licence: MIT
backbone: net
localizer: kernel-soft-argmax
settings: { backbone.size: 400, localizer.sigma: 5, kernel: 3 }
presets: { faces: { kernel: 7, backbone.size: 128 } }
`,
  "methods/cost-volume/nc/mod.ts": OPTIONS(
    'kernel: { value: 5, doc: "kernel side" }, deep: { value: false, doc: "d" }',
  ),
  "methods/cost-volume/plain/method.yaml": "name: plain\nversion: 1\nsummary: s\nlicence: MIT\nbackbone: net\n",
  "methods/cost-volume/plain/mod.ts": OPTIONS(""),
  "methods/cost-volume/picky/method.yaml":
    "name: picky\nversion: 1\nsummary: s\nlicence: MIT\nbackbone: net\nsettings: { protocol: paper }\n",
  "methods/cost-volume/picky/mod.ts": OPTIONS(""),
  "backbones/net/backbone.yaml": "name: net\nversion: 1\nsummary: s\nlicence: MIT\n",
  "backbones/net/mod.ts": OPTIONS('size: { value: 224, doc: "side" }'),
  "backbones/other/backbone.yaml": "name: other\nversion: 1\nsummary: s\nlicence: MIT\n",
  "backbones/other/mod.ts": OPTIONS('size: { value: 100, doc: "side" }'),
  "benchmarks/faces/benchmark.yaml": "name: faces\nversion: 1\nsummary: s\nlicence: MIT\n",
  "benchmarks/faces/mod.ts": OPTIONS('split: { value: "test", doc: "split" }'),
  "benchmarks/birds/benchmark.yaml":
    "name: birds\nversion: 1\nsummary: s\nlicence: MIT\nsettings: { protocol: tss, run.direction: both }\n",
  "benchmarks/birds/mod.ts": OPTIONS(""),
};

async function resolve(words: string[], file?: string) {
  const root = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(FILES)) {
      await Deno.mkdir(join(root, path, ".."), { recursive: true });
      await Deno.writeTextFile(join(root, path), text);
    }
    const layers = [parseWords(words)];
    if (file !== undefined) {
      await Deno.writeTextFile(join(root, "config.yaml"), file);
      layers.unshift(await readLayer(join(root, "config.yaml")));
    }
    return await resolveRuns(await Registry.open(root), layers);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const NC = ["method=nc", "benchmark=birds"];
const originOf = (run: Awaited<ReturnType<typeof resolve>>[number], key: string) =>
  run.settings.find((s) => s.key === key)?.origin;

Deno.test("resolveRuns() layers plugin default < card < preset < file < command line, and tells origins", async () => {
  const [plain] = await resolve(NC);
  assertEquals(plain!.options.method, { kernel: 3, deep: false });
  assertEquals(originOf(plain!, "kernel"), "card");
  assertEquals(originOf(plain!, "deep"), "plugin default");
  assertEquals(plain!.options.backbone, { size: 400 });
  assertEquals(plain!.localizer, "kernel-soft-argmax");
  assertEquals(plain!.options.localizer.sigma, 5);

  const [preset] = await resolve(["method=nc", "benchmark=faces"]);
  assertEquals(preset!.options.method.kernel, 7);
  assertEquals(originOf(preset!, "backbone.size"), "card preset for faces");

  const [file] = await resolve(
    ["benchmark=faces", "backbone.size=64"],
    "method: nc\nkernel: 9\nbackbone: { size: 32 }\n",
  );
  assertEquals(file!.options.method.kernel, 9);
  assertEquals(file!.options.backbone.size, 64);
  assertEquals(originOf(file!, "backbone.size"), "command line");
});

Deno.test("resolveRuns() takes protocol and direction from the benchmark's card, below everything a method or user says", async () => {
  const [plain] = await resolve(["method=plain", "benchmark=birds"]);
  assertEquals([plain!.protocols, plain!.options.run.direction], [["tss"], "both"]);
  assertEquals([originOf(plain!, "protocol"), originOf(plain!, "run.direction")], ["benchmark card", "benchmark card"]);
  const [own] = await resolve(["method=picky", "benchmark=birds"]);
  assertEquals([own!.protocols, originOf(own!, "protocol")], [["paper"], "card"]);
  const [asked] = await resolve(["method=picky", "benchmark=birds", "protocol=flow"]);
  assertEquals([asked!.protocols, originOf(asked!, "protocol")], [["flow"], "command line"]);
  const [other] = await resolve(["method=plain", "benchmark=faces"]);
  assertEquals([other!.protocols, originOf(other!, "protocol")], [["paper", "original"], "core default"]);
});

Deno.test("resolveRuns() drops a card's settings for a backbone or localizer the user replaced", async () => {
  const [run] = await resolve([...NC, "backbone=other", "localizer=soft-argmax"]);
  assertEquals(run!.options.backbone, { size: 100 });
  assertEquals("sigma" in run!.options.localizer, false);
});

Deno.test("resolveRuns() sweeps the product of lists", async () => {
  const runs = await resolve(["method=nc,plain", "backbone=[net, other]", "benchmark=birds"]);
  assertEquals(runs.map((run) => `${run.method.name}+${run.backbone.name}`), [
    "nc+net",
    "nc+other",
    "plain+net",
    "plain+other",
  ]);
});

Deno.test("resolveRuns() refuses unknown keys and wrong values with a suggestion", async () => {
  for (
    const [word, message] of [
      ["kernl=3", 'method "nc" has no such option, did you mean "kernel"?'],
      ["backbone.sizes=3", 'backbone "net" has no such option, did you mean "backbone.size"?'],
      ["bakbone=net", 'did you mean "backbone"?'],
      ["kernel=big", 'Cannot set kernel to "big"'],
      ["backbone=nett", 'Cannot find backbone "nett", did you mean "net"?'],
      ["ops=gpu", "one of: auto, cuda, cpu, reference"],
      ["run.chache=x", 'did you mean "run.cache"?'],
      ["benchmark.root=3", "it must be a folder"],
    ] as const
  ) await assertRejects(() => resolve([...NC, word]), InputError, message);
});

Deno.test("parseWords() refuses words without a key, without a value, and keys given twice", () => {
  assertThrows(() => parseWords(["hog"]), InputError, "settings are written key=value");
  assertThrows(() => parseWords(["method="]), InputError, "to nothing");
  assertThrows(() => parseWords(["a=1", "a=2"]), InputError, 'Cannot set "a" twice');
});
