import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { InputError } from "../core/errors.ts";
import { buildLibrary, exportedNames, findCompiler } from "./build.ts";
import { openOps, type Ops } from "./mod.ts";

const here = fromFileUrl(import.meta.resolve("./"));
const root = join(here, "..");

/** Whether this machine can have the CPU library; else the tests below say that they are skipped. */
const cpu = await openOps({ ops: "cpu" }).then((ops) => ops.close(), (error: Error) => error.message);
const skipped = typeof cpu === "string" ? ` [skipped: ${cpu}]` : "";

function nativeTest(name: string, fn: (ops: Ops) => Promise<void>): void {
  Deno.test({
    name: name + skipped,
    ignore: skipped !== "",
    fn: async () => {
      using ops = await openOps({ ops: "cpu", threads: 2, memory: 1e9 });
      await fn(ops);
    },
  });
}

function cells(n: number, channels: number) {
  const data = Float32Array.from({ length: n * channels }, (_, i) => (i * 7919 % 1000) / 1000 - 0.5);
  return { data, shape: [n, channels] };
}

async function rejected(promise: Promise<unknown>): Promise<Error> {
  return await promise.then(() => {
    throw new Error("it should have failed");
  }, (error: Error) => error);
}

nativeTest("a volume larger than the caches holds what its rows hold alone", async (ops) => {
  // 2053 x 2064 values, whole tiles and cut ones, one pass over the channels and several; ten rows take another path.
  for (const [columns, channels, relu] of [[2064, 700, true], [2064, 1601, false], [2063, 700, false]] as const) {
    const a = cells(2053, channels), b = cells(columns, channels), rows = Int32Array.of(0, 13, 14, 700, 2050, 2052);
    using whole = await ops.correlate(a, b, { relu });
    using some = await ops.correlate(a, b, { relu, rows });
    whole.assertIntact();
    const all = await whole.read(), few = await some.read();
    rows.forEach((row, i) => {
      for (let c = 0; c < columns; c++) {
        const got = all[row * columns + c]!, want = few[i * columns + c]!;
        assert(Math.abs(got - want) <= 1e-4, `row ${row}, column ${c}: ${got}, alone ${want}`);
      }
    });
  }
});

nativeTest("a heavy call leaves the event loop free", async (ops) => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const x = cells(1500, 512);
  (await ops.correlate(x, x)).dispose();
  clearInterval(timer);
  assert(ticks >= 3, `${ticks} ticks`);
});

nativeTest("calls run in order and each gets its own error", async (ops) => {
  const x = cells(300, 64), y = cells(300, 65);
  const results = await Promise.allSettled([ops.correlate(x, x), ops.correlate(x, y), ops.correlateBest(y, y)]);
  assertEquals(results.map((result) => result.status), ["fulfilled", "rejected", "fulfilled"]);
  for (const result of results) if (result.status === "fulfilled") result.value[Symbol.dispose]();
  assertEquals(ops.live, 0);
});

nativeTest("a tensor that is freed while a call uses it lives until the call ends", async (ops) => {
  const { data, shape } = cells(900, 256), x = await ops.tensor(data, shape);
  const running = ops.correlate(x, x);
  x.dispose();
  assertEquals(ops.live > 0, true);
  const values = await (await running).take();
  assertEquals(ops.live, 0);
  let sum = 0;
  for (let c = 0; c < 256; c++) sum += data[c]! * data[c]!;
  assert(Math.abs(values[0]! - sum) < 1e-3);
  assertMatch((await rejected(ops.correlate(x, x))).message, /freed/);
});

nativeTest("reshape() hands the values over under another shape of as many", async (ops) => {
  const x = await ops.tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
  assertThrows(() => x.reshape([4, 2]), RangeError, "it has 6 values");
  using y = x.reshape([1, 3, 2]);
  assertEquals([x.disposed, ops.live, y.shape], [true, 1, [1, 3, 2]]);
  assertThrows(() => x.reshape([6]), TypeError, "freed");
  assertMatch((await rejected(ops.correlate(y, y))).message, /both need the shape/);
  using z = y.reshape([3, 2]);
  assertEquals([...await (await ops.correlate(z, z, { rows: Int32Array.of(1) })).take()], [11, 25, 39]);
});

nativeTest("handles are counted and `using` gives them back", async (ops) => {
  {
    using a = await ops.tensor(new Float32Array(6), [2, 3]);
    using b = await ops.l2Normalize(a, { rule: "plus", eps: 1e-6 });
    assertEquals(ops.live, 2);
    assertEquals((await b.read()).length, 6);
  }
  assertEquals(ops.live, 0);
  assertEquals(ops.memory.used, 0);
});

nativeTest("a tensor of another context is refused, not read", async (ops) => {
  using other = await openOps({ ops: "cpu" });
  using x = await other.tensor(new Float32Array(4), [2, 2]);
  assert(await rejected(ops.mutual(x)) instanceof TypeError);
});

nativeTest("the library checks what TypeScript hands over", async (ops) => {
  const x = cells(3, 4);
  const failing = (args: readonly (typeof x | number | null)[], shape: number[]) =>
    rejected(ops.engine.run({ name: "sc_correlate", args, outputs: [{ shape }], work: 1, reference: () => {} }));
  const wrongOutput = await failing([x, null, x, 0, 0, 0, 0], [3, 5]);
  assert(wrongOutput instanceof TypeError);
  assertMatch(wrongOutput.message, /out must have shape \[3, 3\], has \[3, 5\]/);
  assertMatch((await failing([x, null, x, 9, 0, 0, 0], [3, 3])).message, /norm/);
  assertMatch((await failing([x, null, cells(3, 5), 0, 0, 0, 0], [3, 3])).message, /a has 4 channels and b 5/);
  assertMatch((await failing([x, null, x, 0, 0, 0, 2], [2, 3, 3])).message, /place is 2, but out has 2/);
  assertEquals(ops.live, 0);
});

Deno.test(`a volume over ops.memory fails with the numbers, before anything is allocated${skipped}`, async () => {
  for (const kind of ["reference", "cpu"] as const) {
    if (kind === "cpu" && skipped !== "") continue;
    using ops = await openOps({ ops: kind, memory: 2e6 });
    const error = await rejected(ops.correlate(cells(1000, 2), cells(1000, 2)));
    assert(error instanceof InputError);
    assertMatch(error.message, /\[1000, 1000\].* 4\.0 MB.*allowed 2\.0 MB.*ops\.memory/);
    assertEquals(ops.live, 0);
  }
});

nativeTest("scratch memory counts against ops.memory too", async () => {
  using ops = await openOps({ ops: "cpu", memory: 3e6 });
  // The tensors take 2.6 MB together; packing needs about as much again.
  const error = await rejected(ops.correlateBest(cells(1000, 320), cells(1000, 320)));
  assert(error instanceof InputError, error.stack ?? error.message);
  assertMatch(error.message, /needs .* MB, but .* of the allowed 3\.0 MB are taken/);
  assertEquals(ops.live, 0);
});

nativeTest("values may be read in parts", async (ops) => {
  using x = await ops.tensor(Float32Array.of(1, 2, 3, 4), [4]);
  assertEquals([...await x.readPart(1, 2)], [2, 3]);
  const room = new Float32Array(3);
  assertEquals([...await x.readPart(1, 2, room)], [2, 3]);
  assertEquals([...room], [2, 3, 0]);
  assert(await rejected(x.readPart(3, 2)) instanceof RangeError);
  assert(await rejected(x.readPart(0, 2, new Float32Array(1))) instanceof RangeError);
  assert(await rejected(x.readInts()) instanceof TypeError);
});

Deno.test("openOps() names what it cannot do", async () => {
  await assertRejects(() => openOps({ ops: "gpu" as "cpu" }), InputError, "there are: auto, cuda, cpu, reference");
  await assertRejects(() => openOps({ ops: "reference", memory: -1 }), InputError, "above 0");
  await assertRejects(() => openOps({ ops: "reference", threads: 1.5 }), InputError, "whole number");
});

Deno.test("ops=cuda works or says why not; it never falls back", async () => {
  const found = await openOps({ ops: "cuda" }).then(
    (ops) => {
      using _closed = ops;
      return ops.kind;
    },
    (error: unknown) => error,
  );
  assert(found === "cuda" || found instanceof InputError, String(found));
});

/** A program of its own in a copy of the sources that were never built. */
async function runCopy(code: string, env: Record<string, string>): Promise<string> {
  const copy = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(copy, "core"));
    for (const file of ["deno.json", "core/errors.ts", "core/std.d.ts"]) {
      await Deno.copyFile(join(root, file), join(copy, file));
    }
    await copyFolder(here, join(copy, "ffi"));
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        "--no-lock",
        "--config",
        join(copy, "deno.json"),
        `import { openOps } from "file://${copy}/ffi/mod.ts"; ${code}`,
      ],
      env: { NO_COLOR: "1", ...env },
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const entry of Deno.readDir(from)) {
    if (entry.name === "build") continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory) await copyFolder(source, target);
    else await Deno.copyFile(source, target);
  }
}

Deno.test({
  name:
    `with the permissions of the run task the machine's instruction set is known, so that first use builds one${skipped}`,
  ignore: skipped !== "" || Deno.build.arch !== "x86_64",
  fn: async () => {
    const config = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
    const permissions = config.tasks.run.command.split(" ").filter((word: string) =>
      /^--(no-prompt|allow-)/.test(word)
    );
    const script = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(
        script,
        `import { findCompiler, ownInstructionSet } from "file://${here}build.ts";
         console.log(await ownInstructionSet(await findCompiler("cpu")));`,
      );
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-check", "--config", join(root, "deno.json"), ...permissions, script],
        env: { NO_COLOR: "1" },
      }).output();
      assertMatch(new TextDecoder().decode(stdout), /^[012]\n$/, new TextDecoder().decode(stderr));
    } finally {
      await Deno.remove(script);
    }
  },
});

Deno.test("ops=auto without a compiler says so and computes with the reference", async () => {
  const out = await runCopy(
    `const ops = await openOps({ log: console.log });
     const best = await ops.correlateBest({ data: Float32Array.of(1, 0, 0, 1), shape: [2, 2] }, { data: Float32Array.of(0, 2, 3, 0), shape: [2, 2] });
     console.log(ops.kind, ...await best.index.read().catch(() => best.index.readInts()));`,
    { PATH: "/nonexistent" },
  );
  assertMatch(out, /ops=cuda: not built/);
  assertMatch(out, /none of g\+\+, clang\+\+, c\+\+ is on the PATH/);
  assertMatch(out, /TypeScript reference operations/);
  assertMatch(out, /reference 1 0/);
});

Deno.test(`a tensor that was forgotten is freed when it is collected, with a line in the log${skipped}`, async () => {
  if (skipped !== "") return;
  const code = `import { openOps } from "${import.meta.resolve("./mod.ts")}";
    const ops = await openOps({ ops: "cpu", log: console.log });
    await (async () => { await ops.tensor(new Float32Array(6), [2, 3]); })();
    for (let i = 0; i < 20 && ops.live > 0; i++) { gc(); await new Promise((r) => setTimeout(r, 20)); }
    console.log("live", ops.live);`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", join(root, "deno.json"), "--v8-flags=--expose-gc", code],
    env: { NO_COLOR: "1" },
  }).output();
  const out = new TextDecoder().decode(stdout);
  assertMatch(out, /a tensor \[2, 3\] was never freed/, new TextDecoder().decode(stderr));
  assertMatch(out, /live 0/);
});

Deno.test({
  name: `Ctrl-C is heard while a heavy call runs, and ends the process${skipped}`,
  ignore: skipped !== "" || Deno.build.os === "windows",
  fn: async () => {
    // Some minutes of work, were it not interrupted.
    const code = `import { openOps } from "${import.meta.resolve("./mod.ts")}";
      Deno.addSignalListener("SIGINT", () => { console.log("heard"); Deno.exit(130); });
      const ops = await openOps({ ops: "cpu" });
      const cost = await ops.tensor(new Float32Array(3600 * 3600), [3600, 3600]);
      const running = ops.sinkhorn(cost, { eps: 1, iterations: 5000 });
      setTimeout(() => console.log("running"), 100);
      await running;
      console.log("finished");`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--config", join(root, "deno.json"), code],
      env: { NO_COLOR: "1" },
      stdout: "piped",
    }).spawn();
    const decoder = new TextDecoder();
    let out = "", signalled = 0;
    for await (const part of child.stdout) {
      out += decoder.decode(part);
      if (signalled === 0 && out.includes("running")) {
        signalled = performance.now();
        child.kill("SIGINT");
      }
    }
    const { code: status } = await child.status, waited = performance.now() - signalled;
    assertEquals([out.trim().split("\n"), status], [["running", "heard"], 130]);
    assert(waited < 5000, `it took ${waited} ms`);
  },
});

/** What a shared library exports. */
async function exportsOf(path: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("nm", { args: ["-D", "--defined-only", path] }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return lines.map((line) => line.split(/\s+/).at(-1)!).sort();
}

for (const kind of ["cpu", "cuda"] as const) {
  const missing = await findCompiler(kind).then(() => "", (error: Error) => ` [skipped: ${error.message}]`);
  Deno.test({
    name: `libsc_${kind} exports exactly what sc.h declares${missing}`,
    ignore: missing !== "" || Deno.build.os !== "linux",
    fn: async () => assertEquals(await exportsOf(await buildLibrary(kind)), await exportedNames()),
  });
}
