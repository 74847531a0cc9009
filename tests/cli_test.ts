/** Bad input: one clear line, a non-zero exit, never a stack trace. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { writeMat } from "../core/data/testing/mat_writer.ts";
import { encodePng } from "../core/image/encode.ts";
import { cli, withTempDir } from "./_cli.ts";

/** Runs a command that must fail with one line on standard error that holds `message`. */
async function refused(args: readonly string[], message: string): Promise<void> {
  const { code, stdout, stderr } = await cli(args);
  const lines = stderr.trim().split("\n").filter((line) => !line.startsWith("note:"));
  assertEquals(code, 1, `${args.join(" ")}: exit ${code}\n${stdout}${stderr}`);
  assertEquals(lines.length, 1, stderr);
  assert(lines[0]!.startsWith("error: ") && !lines[0]!.includes("bug of this project"), stderr);
  assertStringIncludes(lines[0]!, message);
}

async function picture(path: string, width: number, height: number, seed = 0): Promise<string> {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 + seed * 31 + (i * i) % 251) % 256);
  await Deno.writeFile(path, await encodePng({ width, height, data }));
  return path;
}

Deno.test("the command line refuses unknown commands, flags, plugins, keys and values", async () => {
  await refused(["rn"], 'Cannot find command "rn", did you mean "run"?');
  await refused(["run", "--jsn"], 'did you mean "json"?');
  await refused(["run", "nearest-neighbour"], "settings are written key=value");
  await refused(["run", "method=nearest-neighbor"], 'did you mean "nearest-neighbour"?');
  await refused(["run", "backbone=dense-sfit"], 'did you mean "dense-sift"?');
  await refused(["run", "localizer=soft"], "Cannot find localizer");
  await refused(["run", "protocol=papr"], 'did you mean "paper"?');
  await refused(["run", "protocol=cats"], "run.direction=both makes both");
  await refused(["run", "backbone.stepp=3"], 'did you mean "backbone.step"?');
  await refused(["run", "backbone.step=large"], "it must be a whole number of at least 1");
  await refused(["run", "run.shard=5/4"], "PART/PARTS");
  await refused(["score", "run=nothing", "protocol=paper"], 'Cannot find run "nothing"');
  await refused(["golden", "path=/nowhere"], 'Cannot read golden folder "/nowhere"');
  await refused(["new", "method=My_Method", "category=cost-volume"], "lower-case words joined by hyphens");
  await refused(["new", "method=nearest-neighbour", "category=cost-volume"], "it exists in");
  await refused(["new", "method=mine", "category=cost-volumes"], 'did you mean "cost-volume"?');
});

Deno.test("run refuses benchmark data that is absent, incomplete or malformed", () =>
  withTempDir(async (dir) => {
    await refused(["run", "benchmark=pf-willow"], "benchmark.root=DIR");
    await refused(["run", "benchmark=pf-willow", `benchmark.root=${dir}/none`], `"${dir}/none" is no folder`);
    await refused(["run", "benchmark=spair-71k", `benchmark.root=${dir}`], dir);
    const subset = join(dir, "PF-dataset-WILLOW", "car(S)");
    await Deno.mkdir(subset, { recursive: true });
    await picture(join(subset, "a.png"), 64, 48, 1);
    await picture(join(subset, "b.png"), 64, 48, 2);
    for (const name of ["a", "b"]) await Deno.writeTextFile(join(subset, `${name}.mat`), "no MATLAB file");
    await refused(["run", "benchmark=pf-willow", `benchmark.root=${dir}`, `run.out=${dir}/runs`], ".mat");
    await Deno.writeTextFile(join(dir, "bad.yaml"), "method: [nearest");
    await refused(["run", `config=${dir}/bad.yaml`], "bad.yaml");
    await Deno.writeTextFile(join(dir, "list.yaml"), "- method");
    await refused(["run", `config=${dir}/list.yaml`], "it must be a map of settings");
  }));

Deno.test("match refuses pictures and points that cannot be matched", () =>
  withTempDir(async (dir) => {
    const a = await picture(`${dir}/a.png`, 64, 48, 1);
    const b = await picture(`${dir}/b.png`, 64, 48, 2);
    const match = (
      source: string,
      target: string,
      points = "10,10",
    ) => ["match", `source=${source}`, `target=${target}`, `points=${points}`, `out=${dir}/out`];
    await refused(["match", `source=${a}`, "points=1,1"], "say target=...");
    await refused(match(`${dir}/none.png`, b), `${dir}/none.png`);
    await Deno.writeFile(`${dir}/empty.png`, new Uint8Array());
    await refused(match(`${dir}/empty.png`, b), `${dir}/empty.png`);
    await Deno.writeFile(`${dir}/cut.png`, (await Deno.readFile(a)).slice(0, 2000));
    await refused(match(`${dir}/cut.png`, b), "truncated or damaged");
    await Deno.writeTextFile(`${dir}/text.png`, "hello");
    await refused(match(`${dir}/text.png`, b), `${dir}/text.png`);
    await refused(match(dir, b), dir);
    await refused(match(a, a), "they are the same picture");
    await Deno.copyFile(a, `${dir}/copy.png`);
    await refused(match(a, `${dir}/copy.png`), "they are the same picture");
    await refused(match(a, await picture(`${dir}/dot.png`, 1, 1)), "dot.png");
    await refused(match(a, b, "64,10"), "Cannot match point 1 (64, 10): it lies outside");
    await refused(match(a, b, "1,2;NaN,3"), "point 2");
    await refused(match(a, b, "1,2,3"), "a point is two numbers");
    await Deno.writeTextFile(`${dir}/p.json`, '{"points": [[1, null]]}');
    await refused(match(a, b, `${dir}/p.json`), "point 1: a point is two numbers");
    await Deno.writeTextFile(`${dir}/p2.json`, "[[1, 2]");
    await refused(match(a, b, `${dir}/p2.json`), "it is not JSON");
    await Deno.writeTextFile(`${dir}/p.csv`, "x,y\n1,2\n3,oops\n");
    await refused(match(a, b, `${dir}/p.csv`), "line 3: a point is two numbers");
    await refused(match(a, b, `${dir}/none.csv`), "none.csv");
  }));

Deno.test("match refuses a picture above the pixel limit before decoding it", () =>
  withTempDir(async (dir) => {
    const { default: sharp } = await import("sharp");
    const huge = `${dir}/huge.png`;
    await sharp({ create: { width: 20000, height: 20000, channels: 3, background: "white" }, limitInputPixels: false })
      .png({ compressionLevel: 1 }).toFile(huge);
    const b = await picture(`${dir}/b.png`, 64, 48);
    await refused(["match", `source=${huge}`, `target=${b}`, "points=1,1"], "400 megapixels and the limit is 64");
  }));

Deno.test("match writes JSON and an overlay, and the same JSON again", () =>
  withTempDir(async (dir) => {
    const a = await picture(`${dir}/a.png`, 64, 48, 1);
    const b = await picture(`${dir}/b.png`, 64, 48, 2);
    await Deno.writeTextFile(`${dir}/p.csv`, "name,x,y\r\nnose,20,20\r\n\r\near,40,30\r\n");
    const args = ["match", `source=${a}`, `target=${b}`, `points=${dir}/p.csv`, `out=${dir}/out`];
    const first = await cli(args);
    assertEquals(first.code, 0, first.stderr);
    const json = await Deno.readTextFile(`${dir}/out.json`);
    const { matches } = JSON.parse(json);
    assertEquals(matches.map((m: { source: number[] }) => m.source), [[20, 20], [40, 30]]);
    for (const { target: [x, y] } of matches) assert(x >= 0 && x <= 63 && y >= 0 && y <= 47);
    const png = await Deno.readFile(`${dir}/out.png`);
    assertEquals([...png.slice(1, 4)], [...new TextEncoder().encode("PNG")]);
    await cli(args);
    assertEquals(await Deno.readTextFile(`${dir}/out.json`), json);
  }));

Deno.test("a benchmark skips and counts an unreadable picture, names it, and is marked partial", () =>
  withTempDir(async (dir) => {
    const subset = join(dir, "data", "PF-dataset-WILLOW", "car(S)");
    await Deno.mkdir(subset, { recursive: true });
    const names = ["a", "b", "c"];
    const coordinate = Array.from({ length: 10 }, (_, i) => 20 + 2 * i);
    for (const [i, name] of names.entries()) {
      await picture(join(subset, `${name}.png`), 64, 48, i);
      await Deno.writeFile(join(subset, `${name}.mat`), writeMat({ pts_coord: [coordinate, coordinate] }));
    }
    const header = [
      "imageA",
      "imageB",
      ...["XA", "YA", "XB", "YB"].flatMap((c) => Array.from({ length: 10 }, (_, i) => `${c}${i + 1}`)),
    ];
    const coordinates = coordinate.join(",");
    const rows = [["a", "b"], ["a", "c"], ["b", "a"]].map(([s, t]) =>
      [
        `PF-dataset-WILLOW/car(S)/${s}.png`,
        `PF-dataset-WILLOW/car(S)/${t}.png`,
        coordinates,
        coordinates,
        coordinates,
        coordinates,
      ].join(",")
    );
    await Deno.writeTextFile(join(dir, "data", "test_pairs.csv"), [header.join(","), ...rows].join("\n"));
    // Whole in its header, cut in its pixels.
    const bytes = await Deno.readFile(join(subset, "c.png"));
    await Deno.writeFile(join(subset, "c.png"), bytes.slice(0, bytes.length >> 1));
    const args = [
      "run",
      "benchmark=pf-willow",
      `benchmark.root=${dir}/data`,
      `run.out=${dir}/runs`,
      `run.cache=${dir}/cache`,
    ];
    const result = await cli(args);
    assertEquals(result.code, 0, result.stderr);
    assertStringIncludes(result.stderr, "c.png");
    assertStringIncludes(result.stdout, "PARTIAL: 2 of 3 pairs (1 skipped)");
    await Deno.writeFile(join(subset, "c.png"), bytes);
    const repaired = await cli(args);
    assertStringIncludes(repaired.stdout, "2 of 3 pairs were there already");
    assert(!repaired.stdout.includes("PARTIAL"), repaired.stdout);
  }));
