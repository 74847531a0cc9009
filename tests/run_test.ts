/** Runs survive: whatever happens to a process, the same command ends in the same bytes. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { cli, command, onlyRun, withTempDir } from "./_cli.ts";

const run = (out: string, ...more: string[]) => [
  "run",
  `run.out=${out}/runs`,
  `run.cache=${out}/cache`,
  "benchmark.pairs=24",
  "--quiet",
  ...more,
];

/** Predictions and result of the only run below `out`. */
async function bytesOf(out: string): Promise<{ predictions: string; result: string }> {
  const folder = await onlyRun(`${out}/runs`);
  return {
    predictions: await Deno.readTextFile(join(folder, "predictions.jsonl")),
    result: await Deno.readTextFile(join(folder, "result.json")),
  };
}

async function lines(path: string): Promise<number> {
  try {
    return (await Deno.readTextFile(path)).split("\n").length - 1;
  } catch {
    return 0;
  }
}

Deno.test("run ends in the same bytes when it was killed, twice, on the way", () =>
  withTempDir(async (dir) => {
    const whole = await cli(run(`${dir}/whole`));
    assertEquals(whole.code, 0, whole.stderr);
    for (const stopAfter of [3, 9]) {
      const child = command(run(`${dir}/cut`)).spawn();
      let seen = 0;
      for (let i = 0; i < 2000 && seen < stopAfter; i++) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        try {
          seen = await lines(join(await onlyRun(`${dir}/cut/runs`), "predictions.jsonl"));
        } catch {
          // The folders are not made yet.
        }
      }
      child.kill("SIGKILL");
      await child.output();
      assert(seen >= stopAfter && seen < 24, `killed after ${seen} pairs`);
    }
    const folder = await onlyRun(`${dir}/cut/runs`);
    const before = await lines(join(folder, "predictions.jsonl"));
    const resumed = await cli(run(`${dir}/cut`));
    assertEquals(resumed.code, 0, resumed.stderr);
    assertStringIncludes(resumed.stdout, `${before} of 24 pairs were there already`);
    assertEquals(await bytesOf(`${dir}/cut`), await bytesOf(`${dir}/whole`));
  }));

Deno.test("run drops a half-written last line and refuses a foreign line in the middle", () =>
  withTempDir(async (dir) => {
    assertEquals((await cli(run(dir))).code, 0);
    const whole = await bytesOf(dir);
    const path = join(await onlyRun(`${dir}/runs`), "predictions.jsonl");
    await Deno.writeTextFile(path, whole.predictions.slice(0, Math.floor(whole.predictions.length / 2)));
    assertEquals((await cli(run(dir))).code, 0);
    assertEquals(await bytesOf(dir), whole);

    const broken = whole.predictions.split("\n");
    broken[4] = '{"pair":"of another run","target":[]}';
    await Deno.writeTextFile(path, broken.join("\n"));
    const refused = await cli(run(dir));
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "line 5 is not a prediction of this run; run.restart=true begins it anew");
    assertEquals((await cli(run(dir, "run.restart=true"))).code, 0);
    assertEquals(await bytesOf(dir), whole);
  }));

Deno.test("two processes on one run id do not disturb each other", () =>
  withTempDir(async (dir) => {
    const both = await Promise.all([cli(run(`${dir}/both`)), cli(run(`${dir}/both`))]);
    assertEquals(both.map((result) => result.code), [0, 0], both.map((result) => result.stderr).join());
    assertEquals((await cli(run(`${dir}/one`))).code, 0);
    assertEquals(await bytesOf(`${dir}/both`), await bytesOf(`${dir}/one`));
  }));

Deno.test("a run that is whole is reused: nothing is computed", () =>
  withTempDir(async (dir) => {
    await cli(run(dir));
    const again = await cli(run(dir));
    assertStringIncludes(again.stdout, "all predictions were there already");
    assertStringIncludes(again.stdout, "features: 0 computed");
  }));

Deno.test("a disk that takes no more stops the run with the file's name and what is safe", () =>
  withTempDir(async (dir) => {
    // A file-size limit refuses writes as a full disk does; SIGXFSZ must not kill the process first.
    const { args } = { args: run(dir, "run.cache_disk=0") };
    const script = `trap '' XFSZ; ulimit -f 4; exec "$0" run -A core/cli/main.ts "$@"`;
    const limited = await new Deno.Command("bash", { args: ["-c", script, Deno.execPath(), ...args], stdin: "null" })
      .output();
    const stderr = new TextDecoder().decode(limited.stderr);
    assertEquals(limited.code, 1, stderr);
    assertMatch(stderr, /Cannot write ".*predictions\.jsonl": .*; \d+ of 24 pairs are safe, the same command resumes/);
    assertEquals((await cli(run(dir))).code, 0);
    assertEquals((await cli(run(`${dir}/fresh`))).code, 0);
    assertEquals(await bytesOf(dir), await bytesOf(`${dir}/fresh`));
  }));

Deno.test("shards merge, in whatever order they were made, into the bytes of one run", () =>
  withTempDir(async (dir) => {
    assertEquals((await cli(run(`${dir}/one`))).code, 0);
    for (const shard of ["3/3", "1/3"]) assertEquals((await cli(run(`${dir}/parts`, `run.shard=${shard}`))).code, 0);
    const folder = await onlyRun(`${dir}/parts/runs`);
    const early = await cli(["merge", `run=${folder}`]);
    assertEquals(early.code, 1);
    assertStringIncludes(early.stderr, "part 2/3 is missing");
    assertEquals((await cli(run(`${dir}/parts`, "run.shard=2/3"))).code, 0);
    const merged = await cli(["merge", `run=${folder}`]);
    assertEquals(merged.code, 0, merged.stderr);
    assertEquals(await bytesOf(`${dir}/parts`), await bytesOf(`${dir}/one`));

    await Deno.copyFile(join(folder, "predictions.part-1-of-3.jsonl"), join(folder, "predictions.part-2-of-3.jsonl"));
    const doubled = await cli(["merge", `run=${folder}`]);
    assertEquals(doubled.code, 1);
    assertStringIncludes(doubled.stderr, "part-2-of-3.jsonl");
  }));

Deno.test("a limited run is marked partial wherever it is shown", () =>
  withTempDir(async (dir) => {
    const limited = await cli(run(dir, "run.limit=5"));
    assertStringIncludes(limited.stdout, "PARTIAL: 5 of 24 pairs");
    const compared = await cli(["compare", `out=${dir}/runs`]);
    assertStringIncludes(compared.stdout, "PARTIAL: 5 of 24 pairs");
    assertStringIncludes(compared.stdout, "SYNTHETIC");
  }));
