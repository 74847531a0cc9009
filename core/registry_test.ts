import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { InputError } from "./errors.ts";
import { Registry } from "./registry.ts";

const CARD = "name: NAME\nversion: 1\nsummary: s\nlicence: MIT\n";
const CODE = "export default { defaults: {}, build: () => ({}) };\n";

/** A project folder with the given files. */
async function withProject(files: Record<string, string>, fn: (root: string) => Promise<void>) {
  const root = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(files)) {
      const name = path.split("/").at(-2)!;
      await Deno.mkdir(join(root, path, ".."), { recursive: true });
      await Deno.writeTextFile(join(root, path), text.replace("NAME", name));
    }
    await fn(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("Registry finds plugins by folder and suggests the nearest name", () =>
  withProject({
    "methods/cost-volume/nc-net/method.yaml": CARD,
    "methods/cost-volume/nc-net/mod.ts": CODE,
    "backbones/hog/backbone.yaml": CARD,
    "benchmarks/_protocols/readme.txt": "not a plugin",
  }, async (root) => {
    const registry = await Registry.open(root);
    assertEquals(registry.broken, []);
    assertEquals(registry.find("method", "nc-net").category, "cost-volume");
    assertThrows(
      () => registry.find("method", "nc-nt"),
      InputError,
      'Cannot find method "nc-nt", did you mean "nc-net"?',
    );
    assertThrows(() => registry.find("backbone", "resnet"), InputError, "there are: hog");
    assertEquals(typeof (await registry.load(registry.find("method", "nc-net"))).build, "function");
  }));

Deno.test("Registry reports every broken card with file and reason, and keeps the others", () =>
  withProject({
    "methods/a/good/method.yaml": CARD,
    "methods/a/no-card/mod.ts": CODE,
    "methods/a/bad-yaml/method.yaml": "name: [",
    "methods/a/other-name/method.yaml": "name: x\nversion: 1\nsummary: s\nlicence: MIT\n",
    "methods/a/typo/method.yaml": `${CARD}sumary: x\n`,
    "methods/a/bad-version/method.yaml": "name: NAME\nversion: one\nsummary: s\nlicence: MIT\n",
    "methods/b/twin/method.yaml": CARD,
    "methods/c/twin/method.yaml": CARD,
  }, async (root) => {
    const registry = await Registry.open(root);
    assertEquals(registry.list("method").map((card) => card.name), ["good"]);
    const reason = (name: string) => registry.broken.find((broken) => broken.name === name)?.reason ?? "";
    for (
      const [name, part] of [
        ["no-card", 'method.yaml": it is absent'],
        ["bad-yaml", "bad-yaml/method.yaml"],
        ["other-name", 'its name is "x" but its folder is "other-name"'],
        ["typo", 'did you mean "summary"?'],
        ["bad-version", '"version" must be a whole number'],
        ["twin", "two methods of one name"],
      ] as const
    ) assertEquals(reason(name).includes(part), true, `${name}: ${reason(name)}`);
    assertThrows(() => registry.find("method", "typo"), InputError, "Cannot use card");
  }));

Deno.test("Registry names the file of a plugin that cannot be imported or exports no plugin", () =>
  withProject({
    "backbones/broken/backbone.yaml": CARD,
    "backbones/broken/mod.ts": "export default ???",
    "backbones/empty/backbone.yaml": CARD,
    "backbones/empty/mod.ts": "export default {}",
  }, async (root) => {
    const registry = await Registry.open(root);
    await assertRejects(() => registry.load(registry.find("backbone", "broken")), InputError, "broken/mod.ts");
    await assertRejects(() => registry.load(registry.find("backbone", "empty")), InputError, "{ defaults, build }");
  }));
