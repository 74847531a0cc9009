/** Imports run one way: methods | backbones | benchmarks -> core -> ffi/mod.ts. */
import { assertEquals } from "@std/assert";
import { dirname, join, relative } from "@std/path";
import { projectRoot } from "../core/registry.ts";

const PLUGINS = ["methods", "backbones", "benchmarks"];

async function sources(dir: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    const path = join(dir, entry.name);
    if (entry.isDirectory && entry.name !== "build") found.push(...await sources(path));
    else if (entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts")) found.push(path);
  }
  return found;
}

/** Folder of the plugin a file belongs to, or its top-level folder. */
function owner(path: string): string {
  const parts = path.split("/");
  if (parts[0] === "methods") return parts.slice(0, 3).join("/");
  if (parts[0] === "backbones" || parts[0] === "benchmarks") return parts.slice(0, 2).join("/");
  return parts[0]!;
}

/** `file -> what it imports`, relative to the project. */
async function relativeImports(): Promise<{ file: string; imported: string; text: string }[]> {
  const all: { file: string; imported: string; text: string }[] = [];
  for (const top of [...PLUGINS, "core", "ffi"]) {
    for (const path of await sources(join(projectRoot, top))) {
      const text = await Deno.readTextFile(path);
      const file = relative(projectRoot, path);
      for (const [, imported] of text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
        all.push({ file, imported: relative(projectRoot, join(dirname(path), imported!)), text });
      }
    }
  }
  return all;
}

Deno.test("imports run one way", async () => {
  const wrong: string[] = [];
  for (const { file, imported } of await relativeImports()) {
    const [from, to] = [owner(file), owner(imported)];
    const isTest = /_test\.ts$|_bench\.ts$/.test(file);
    if (from === to) continue;
    const isPlugin = PLUGINS.includes(from.split("/")[0]!);
    const allowed = isPlugin
      // Tests open the operations that a run would give the method.
      ? to === "core" || isTest && (to === "tests" || imported === "ffi/mod.ts")
      : from === "core"
      ? imported === "ffi/mod.ts" || isTest && to === "ffi"
      // The native layer knows errors and test helpers of the core, nothing else of it.
      : /^core\/(errors|testing\/|golden\/)/.test(imported) || isTest;
    // The template of `deno task new` holds imports as text.
    if (!allowed && file !== "core/cli/new.ts") wrong.push(`${file} -> ${imported}`);
  }
  assertEquals(wrong, []);
});

Deno.test("only ffi/ opens native libraries, only core/graph knows ONNX Runtime", async () => {
  const wrong: string[] = [];
  for (const top of [...PLUGINS, "core", "ffi"]) {
    for (const path of await sources(join(projectRoot, top))) {
      const text = await Deno.readTextFile(path);
      const file = relative(projectRoot, path);
      if (/Deno\.dlopen\(/.test(text) && !file.startsWith("ffi/")) wrong.push(`${file} calls Deno.dlopen`);
      if (/"onnxruntime-node"/.test(text) && !file.startsWith("core/graph/")) {
        wrong.push(`${file} imports onnxruntime-node`);
      }
    }
  }
  assertEquals(wrong, []);
});
