/**
 * Runs every parity case on the CPU library built with AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer,
 * each in a process of its own with the sanitizer's runtime preloaded: `deno task ffi:sanitize`.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { InputError, messageOf } from "../../core/errors.ts";
import { buildLibrary, type Variant } from "../build.ts";
import { openLibrary } from "../library.ts";
import { NativeEngine } from "../native_engine.ts";
import { Ops } from "../ops.ts";
import { parityOps } from "../parity/mod.ts";
import { Random } from "../parity/parity.ts";

const variants: readonly { readonly name: Variant & ("address" | "undefined" | "thread"); readonly runtime: string }[] =
  [
    { name: "address", runtime: "libasan.so" },
    { name: "undefined", runtime: "libubsan.so" },
    { name: "thread", runtime: "libtsan.so" },
  ];

/** In the child: every case on the library at `path`, with every instruction set, on several threads. */
async function runCases(path: string, rounds: number, only: string | undefined): Promise<void> {
  for (const cap of [0, 1]) {
    const engine = new NativeEngine(openLibrary("cpu", path), {
      threads: 3,
      memory: Infinity,
      log: () => {},
      flags: cap << 4,
    });
    using ops = new Ops(engine);
    for (const op of parityOps) {
      if (only !== undefined && op.name !== only) continue;
      const random = new Random(7);
      const cases = [...(op.fixed?.(random) ?? []), ...Array.from({ length: rounds }, () => op.random(random))];
      for (const { name, run } of cases) {
        if (Deno.env.get("SC_VERBOSE") !== undefined) console.log(op.name, name);
        for (const tensor of Object.values(await run(ops))) {
          tensor.assertIntact();
          tensor.dispose();
        }
      }
      console.log(`  ${op.name}: ${cases.length} cases, ${cap === 0 ? "widest" : "baseline"} instruction set`);
    }
  }
}

/** Where the compiler keeps a sanitizer's runtime. */
async function runtimeOf(name: string): Promise<string> {
  const { stdout } = await new Deno.Command("g++", { args: [`-print-file-name=${name}`], stderr: "null" }).output();
  const path = new TextDecoder().decode(stdout).trim();
  if (!path.includes("/")) throw new InputError(`Cannot sanitize: g++ has no ${name}; install it`);
  return path;
}

async function main(): Promise<number> {
  let failed = 0;
  for (const { name, runtime } of variants) {
    if (Deno.args.length > 0 && !Deno.args.includes(name)) continue;
    const path = await buildLibrary("cpu", { variant: name, log: console.log });
    console.log(`${name}:`);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "-A", fromFileUrl(import.meta.url), "--child", path],
      env: {
        LD_PRELOAD: await runtimeOf(runtime),
        // V8 keeps what it allocates until the end, and its own threads are not instrumented.
        ASAN_OPTIONS: "detect_leaks=0:handle_segv=0:allow_user_segv_handler=1",
        UBSAN_OPTIONS: "print_stacktrace=1",
        TSAN_OPTIONS: "ignore_noninstrumented_modules=1:handle_segv=0:report_signal_unsafe=0",
      },
    }).spawn();
    const { success, code } = await child.status;
    console.log(success ? `${name}: clean` : `${name}: failed with ${code}`);
    if (!success) failed++;
  }
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  try {
    if (Deno.args[0] === "--child") await runCases(Deno.args[1]!, 12, Deno.args[2]);
    else Deno.exitCode = await main();
  } catch (error) {
    console.error(error instanceof InputError ? error.message : messageOf(error));
    Deno.exitCode = 1;
  }
}
