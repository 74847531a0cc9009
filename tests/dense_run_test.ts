/** Dense runs from the command line, on data in the official layouts. */
import { assert, assertAlmostEquals, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { put } from "../core/data/testing/benchmark.ts";
import { encodePng } from "../core/image/encode.ts";
import { cli, command, onlyRun, withTempDir } from "./_cli.ts";

const SIZE = { width: 96, height: 64 };
/** Pixels that the second picture is moved to the right by: whole cells of the backbone, so matching is exact. */
const SHIFT = 8;

/** A picture of a texture, without repetition, seen from `left`. */
async function picture(path: string, seed: number, left: number): Promise<void> {
  const { width, height } = SIZE;
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const x = i % width + left, y = Math.floor(i / width);
    // Integer hashing on 4-pixel blocks: structure that descriptors see.
    let h = Math.imul((x >> 2) + 131 * (y >> 2) + 7919 * seed, 0x9e3779b1);
    h = Math.imul(h ^ h >>> 15, 0x85ebca6b);
    data.fill((h ^ h >>> 13) & 255, 3 * i, 3 * i + 3);
  }
  put(path, await encodePng({ width, height, data }));
}

async function mask(path: string, left: number): Promise<void> {
  const { width, height } = SIZE;
  const inside = (x: number, y: number) => x >= left && x < left + 40 && y >= 16 && y < 48;
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => inside(Math.floor(i / 3) % width, Math.floor(i / 3 / width)) ? 255 : 0,
  );
  put(path, await encodePng({ width, height, data }));
}

function flo(path: string, dx: number): void {
  const { width, height } = SIZE;
  const bytes = new Uint8Array(12 + width * height * 8);
  const view = new DataView(bytes.buffer);
  view.setFloat32(0, 202021.25, true);
  view.setInt32(4, width, true);
  view.setInt32(8, height, true);
  for (let i = 0; i < width * height; i++) view.setFloat32(12 + 8 * i, dx, true);
  put(path, bytes);
}

/** `perGroup` folders in each group; every second picture shows the first one moved to the right. */
async function tss(root: string, perGroup: number): Promise<void> {
  for (const [g, group] of ["FG3DCar", "JODS", "PASCAL"].entries()) {
    for (let k = 0; k < perGroup; k++) {
      const folder = join(root, "TSS_CVPR2016", group, `pair${k}`);
      await picture(join(folder, "image1.png"), 10 * g + k, 0);
      await picture(join(folder, "image2.png"), 10 * g + k, -SHIFT);
      await mask(join(folder, "mask1.png"), 24);
      await mask(join(folder, "mask2.png"), 24 + SHIFT);
      flo(join(folder, "flow1.flo"), SHIFT);
      flo(join(folder, "flow2.flo"), -SHIFT);
    }
  }
}

const run = (root: string, out: string, ...more: string[]) => [
  "run",
  "benchmark=tss",
  `benchmark.root=${root}`,
  `run.out=${out}/runs`,
  `run.cache=${out}/cache`,
  "--quiet",
  ...more,
];

/** Everything a dense run leaves that must not depend on how it went. */
async function bytesOf(out: string): Promise<Record<string, string>> {
  const folder = await onlyRun(`${out}/runs`);
  const flows = (await Array.fromAsync(Deno.readDir(join(folder, "flow")))).map(({ name }) => `flow/${name}`).sort();
  const files = ["dense.jsonl", "result.json", "scores.json", ...flows];
  return Object.fromEntries(
    await Promise.all(files.map(async (name) => {
      const text = new TextDecoder("latin1").decode(await Deno.readFile(join(folder, name)));
      return [name, text];
    })),
  );
}

Deno.test("tss runs with no protocol named, per group and whole, and is scored again from disk", () =>
  withTempDir(async (dir) => {
    await tss(`${dir}/data`, 1);
    const result = await cli(run(`${dir}/data`, dir));
    assertEquals(result.code, 0, result.stderr);
    assertMatch(result.stdout, /protocol tss/);
    assertMatch(result.stdout, /dense predictions: \d+\.\d+ MiB on disk/);
    const folder = await onlyRun(`${dir}/runs`);
    const stored = JSON.parse(await Deno.readTextFile(join(folder, "result.json")));
    const { values, categories, measures, pairs } = stored.results.tss;
    assertEquals(categories.map((c: { name: string }) => c.name), ["FG3DCar", "JODS", "PASCAL"]);
    assertEquals(pairs, 6);
    // The texture moves by whole cells: nearest neighbours find it. alpha 0.05 is 4.8 pixels.
    assert(values[1] > 0.9, result.stdout);
    assert(measures[0].name === "AEPE" && measures[0].value < 3, result.stdout);

    const scored = await cli(["score", `run=${folder}`, "protocol=tss,tss-dataset,flow", "--json"]);
    assertEquals(scored.code, 0, scored.stderr);
    const again = JSON.parse(scored.stdout).results;
    assertEquals(again.tss.values, values);
    // All pictures have one size: the defect of the pooled protocol shows nothing.
    assertEquals(again["tss-dataset"].values.length, 4);
    assertAlmostEquals(again.flow.values[1], values[1], 1e-12);
    const compared = await cli(["compare", `out=${dir}/runs`, "by=category"]);
    assertStringIncludes(compared.stdout, "AEPE px");
    assertStringIncludes(compared.stdout, "PCK @.1 by category");
  }));

Deno.test("a dense run ends in the same bytes when it was killed on the way, and after damage", () =>
  withTempDir(async (dir) => {
    await tss(`${dir}/data`, 4);
    const whole = await cli(run(`${dir}/data`, `${dir}/whole`));
    assertEquals(whole.code, 0, whole.stderr);
    const child = command(run(`${dir}/data`, `${dir}/cut`)).spawn();
    let seen = 0;
    for (let i = 0; i < 4000 && seen < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      try {
        const text = await Deno.readTextFile(join(await onlyRun(`${dir}/cut/runs`), "dense.jsonl"));
        seen = text.split("\n").length - 1;
      } catch {
        // The folders are not made yet.
      }
    }
    child.kill("SIGKILL");
    await child.output();
    assert(seen >= 4 && seen < 24, `killed after ${seen} pairs`);
    const folder = await onlyRun(`${dir}/cut/runs`);
    // What a kill can leave: half a line, half a file; what a disk can do: a changed byte.
    await Deno.writeTextFile(join(folder, "dense.jsonl"), '{"pair":"FG3', { append: true });
    await Deno.writeTextFile(join(folder, "flow", "half.flow.1.tmp"), "{");
    const text = await Deno.readTextFile(join(folder, "dense.jsonl"));
    const done = text.split("\n").length - 1;
    const first = (await Array.fromAsync(Deno.readDir(join(folder, "flow")))).find(({ name }) =>
      name.endsWith(".flow")
    )!;
    const bytes = await Deno.readFile(join(folder, "flow", first.name));
    bytes[bytes.length >> 1]! ^= 255;
    await Deno.writeFile(join(folder, "flow", first.name), bytes);
    const resumed = await cli(run(`${dir}/data`, `${dir}/cut`));
    assertEquals(resumed.code, 0, resumed.stderr);
    // The damaged file may be one whose line was not written yet; then nothing is lost.
    const kept = Number(/(\d+) of 24 pairs were there already/.exec(resumed.stdout)?.[1]);
    assert(kept === done && !resumed.stderr.includes("damaged") || kept === done - 1, `${kept} of ${done} kept`);
    assertEquals(await bytesOf(`${dir}/cut`), await bytesOf(`${dir}/whole`));
  }));

Deno.test("dense shards merge into the bytes of one run, under the benchmark's own protocol", () =>
  withTempDir(async (dir) => {
    await tss(`${dir}/data`, 1);
    assertEquals((await cli(run(`${dir}/data`, `${dir}/one`))).code, 0);
    for (const shard of ["2/2", "1/2"]) {
      const part = await cli(run(`${dir}/data`, `${dir}/parts`, `run.shard=${shard}`));
      assertEquals(part.code, 0, part.stderr);
    }
    const merged = await cli(["merge", `run=${await onlyRun(`${dir}/parts/runs`)}`]);
    assertEquals(merged.code, 0, merged.stderr);
    assertEquals(await bytesOf(`${dir}/parts`), await bytesOf(`${dir}/one`));
  }));

Deno.test("caltech-101 transfers masks with no protocol or direction named", () =>
  withTempDir(async (dir) => {
    const root = `${dir}/data`;
    await picture(`${root}/101_ObjectCategories/ant/a.png`, 1, 0);
    await picture(`${root}/101_ObjectCategories/ant/b.png`, 1, -SHIFT);
    const path = (name: string) => `caltech-101/101_ObjectCategories/ant/${name}.png`;
    const outline = (left: number) => `"${left},${left + 40},${left + 40},${left}","16,16,48,48"`;
    put(
      `${root}/test_pairs_caltech_with_category.csv`,
      `source_image,target_image,class,XA,YA,XB,YB\n${path("a")},${path("b")},8,${outline(24)},${
        outline(24 + SHIFT)
      }\n`,
    );
    const args = run(root, dir).map((word) => word === "benchmark=tss" ? "benchmark=caltech-101" : word);
    const result = await cli([...args, "--json"]);
    assertEquals(result.code, 0, result.stderr);
    const [{ results, folder }] = JSON.parse(result.stdout);
    const value = (name: string) => results.caltech.measures.find((m: { name: string }) => m.name === name).value;
    // Outlines are 41 x 33 pixels, 33 x 33 of them common: leaving the mask where it is gives IoU 33 / 49.
    assert(value("IoU") > 33 / 49 + 0.05, result.stdout);
    assert(value("LT-ACC") > 1 - 2 * 8 * 33 / (96 * 64) + 0.01, result.stdout);
    assert(value("LOC-ERR") < 0.3, result.stdout);

    const outlined = await cli(["score", `run=${folder}`, "protocol=caltech-hpf"]);
    assertEquals(outlined.code, 1);
    assertStringIncludes(outlined.stderr, "run.direction=both makes both");
    const both = await cli([...args, "run.direction=both", "protocol=caltech,caltech-hpf", "--json"]);
    const { iou } = Object.fromEntries(
      JSON.parse(both.stdout)[0].results["caltech-hpf"].measures.map((m: { name: string; value: number }) =>
        [m.name.toLowerCase(), m.value] as const
      ),
    );
    assert(iou > 33 / 49 + 0.05, both.stdout);
  }));

Deno.test("protocols that a benchmark's annotations cannot be judged by are refused in one line that says what works", () =>
  withTempDir(async (dir) => {
    await tss(`${dir}/data`, 1);
    const refused = async (message: string, args: string[]) => {
      const { code, stderr } = await cli(args);
      const lines = stderr.trim().split("\n").filter((line) => !line.startsWith("note:"));
      assertEquals([code, lines.length], [1, 1], stderr);
      assertStringIncludes(lines[0]!, message);
      assert(!lines[0]!.includes("bug of this project"), stderr);
    };
    await refused(
      'Cannot score "tss" under protocol "paper": its pairs have no keypoints; protocol=flow or tss or caltech works',
      run(`${dir}/data`, dir, "protocol=paper"),
    );
    await refused(
      'Cannot score "tss" under protocol "caltech-hpf": its pairs have no outlines',
      run(`${dir}/data`, dir, "protocol=caltech-hpf"),
    );
    await refused(
      "it judges reverse predictions and the run makes forward ones",
      run(`${dir}/data`, dir, "protocol=caltech"),
    );
    await refused(
      'Cannot score "shapes" under protocol "caltech-hpf": its pairs have no outlines; protocol=flow or tss or caltech ' +
        "or paper or original works",
      ["run", "benchmark.pairs=2", "protocol=caltech-hpf", `run.out=${dir}/runs`, "--quiet"],
    );
    await refused('did you mean "tss-dataset"?', run(`${dir}/data`, dir, "protocol=tss-datset"));
  }));

Deno.test("shapes is judged by keypoints and flow in one run; more tables come from the same predictions", () =>
  withTempDir(async (dir) => {
    const args = ["run", "benchmark.pairs=4", "benchmark.size=64", `run.out=${dir}/runs`, `run.cache=${dir}/cache`];
    const both = await cli([...args, "protocol=paper,flow", "--quiet"]);
    assertEquals(both.code, 0, both.stderr);
    const folder = await onlyRun(`${dir}/runs`);
    const again = await cli([...args, "protocol=paper,flow", "--quiet"]);
    assertStringIncludes(again.stdout, "all predictions were there already");
    const scored = await cli(["score", `run=${folder}`, "protocol=paper", "tables=errors,geometry,difficulty"]);
    assertEquals(scored.code, 0, scored.stderr);
    for (const text of ["kinds of error", "PCK-dagger", "look-alike visible", "by viewpoint", "by occlusion"]) {
      assertStringIncludes(scored.stdout, text);
    }
    const stored = JSON.parse(await Deno.readTextFile(join(folder, "result.json"))).results.paper;
    assertEquals(stored.tables.errors.pck, stored.values);
    assert(stored.tables.geometry.points > 0 && stored.tables.geometry.points <= stored.points);
    const wrong = await cli(["score", `run=${folder}`, "protocol=paper", "tables=error"]);
    assertStringIncludes(wrong.stderr, 'did you mean "errors"?');
    const dense = await cli(["score", `run=${folder}`, "protocol=flow", "tables=errors"]);
    assertStringIncludes(dense.stderr, "they are of keypoints");
  }));
