/** Adding a method: `deno task new` in a copy of the project, so that nothing is left in this one. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { projectRoot } from "../core/registry.ts";
import { withTempDir } from "./_cli.ts";

async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    if (entry.isDirectory) await copyTree(join(from, entry.name), join(to, entry.name));
    else if (entry.isFile) await Deno.copyFile(join(from, entry.name), join(to, entry.name));
  }
}

Deno.test("a method made by `new` passes its test and the checks at once, and runs beside the others", () =>
  withTempDir(async (dir) => {
    // The native build and the learned backbones' test data are of no use to it.
    for (
      const part of [
        "core",
        "backbones/dense-sift",
        "methods/feature-enhancement/nearest-neighbour",
        "benchmarks/shapes",
        "benchmarks/_protocols",
      ]
    ) {
      await copyTree(join(projectRoot, part), join(dir, part));
    }
    await Deno.mkdir(join(dir, "ffi"));
    // Types of ffi/mod.ts are imported by core/types.ts; the copy carries its sources, not its builds.
    for await (const entry of Deno.readDir(join(projectRoot, "ffi"))) {
      if (entry.name === "build") continue;
      const [from, to] = [join(projectRoot, "ffi", entry.name), join(dir, "ffi", entry.name)];
      await (entry.isDirectory ? copyTree(from, to) : Deno.copyFile(from, to));
    }
    for (const file of ["deno.json", "deno.lock"]) await Deno.copyFile(join(projectRoot, file), join(dir, file));
    const deno = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args,
        cwd: dir,
        stdin: "null",
        env: { NO_COLOR: "1" },
      }).output();
      const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assertEquals(code, 0, `deno ${args.join(" ")}\n${text}`);
      return text;
    };
    await deno("task", "new", "method=my-method", "category=cost-volume");
    const folder = "methods/cost-volume/my-method";
    await deno("fmt", "--check", folder);
    await deno("lint", folder);
    assertStringIncludes(await deno("test", folder), "1 passed");
    const table = await deno(
      "task",
      "run",
      "method=nearest-neighbour,my-method",
      "benchmark.pairs=4",
      "benchmark.kinds=bottle",
    );
    assertStringIncludes(table, "my-method + dense-sift, kernel-soft-argmax");
    assertStringIncludes(table, "baseline");
  }));
