/** Adding a method: `deno task new` in a copy of the project, so that nothing is left in this one. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { withTempDir } from "./_cli.ts";
import { copyProject, denoIn } from "./_project_copy.ts";

Deno.test("a method made by `new` passes its test and the checks at once, and runs beside the others", () =>
  withTempDir(async (dir) => {
    await copyProject(dir, [
      "backbones/dense-sift",
      "methods/feature-enhancement/nearest-neighbour",
      "benchmarks/shapes",
    ]);
    const deno = async (...args: string[]) => {
      const { code, stdout, stderr } = await denoIn(dir, args);
      assertEquals(code, 0, `deno ${args.join(" ")}\n${stdout}${stderr}`);
      return stdout + stderr;
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
