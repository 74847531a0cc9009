/**
 * Runs every parity case on the CPU library built with AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer,
 * and on the CUDA kernels built for the processor with AddressSanitizer, each in a process of its own with the sanitizer's
 * runtime preloaded: `deno task ffi:sanitize [address] [undefined] [thread] [cuda]`. Needs g++ with libasan, libubsan and
 * libtsan; about five minutes on two cores, of which compiling is four.
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
import { buildCudaOnCpu } from "./cuda_on_cpu.ts";

interface Kind {
  readonly name: string;
  /** The sanitizer's library, and the packages that bring it. */
  readonly runtime: string;
  build(): Promise<string>;
}

const cpu = (name: Variant, runtime: string): Kind => ({
  name,
  runtime,
  build: () => buildLibrary("cpu", { variant: name, log: console.log }),
});

const kinds: readonly Kind[] = [
  cpu("address", "libasan.so"),
  cpu("undefined", "libubsan.so"),
  cpu("thread", "libtsan.so"),
  { name: "cuda", runtime: "libasan.so", build: () => buildCudaOnCpu(["-fsanitize=address"]) },
];

/** In the child: every case on the library at `path`, with the widest and the least instruction set, on three threads. */
async function runCases(path: string, kind: string, rounds: number, only: string | undefined): Promise<void> {
  for (const cap of kind === "cuda" ? [0] : [0, 1]) {
    const engine = new NativeEngine(openLibrary(kind === "cuda" ? "cuda" : "cpu", path), {
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

/** Where g++ keeps a sanitizer's runtime. @throws {InputError} it has none: says what to install */
async function runtimeOf(name: string): Promise<string> {
  const packages = "Debian and Ubuntu: apt install g++ libasan8 libubsan1 libtsan2; " +
    "Fedora: dnf install gcc-c++ libasan libubsan libtsan";
  const { stdout } = await new Deno.Command("g++", { args: [`-print-file-name=${name}`], stderr: "null" }).output()
    .catch(
      (cause: unknown) => {
        throw new InputError(`Cannot sanitize: g++ is not on the PATH; ${packages}`, { cause });
      },
    );
  const path = new TextDecoder().decode(stdout).trim();
  if (!path.includes("/")) throw new InputError(`Cannot sanitize: this g++ has no ${name}; ${packages}`);
  return path;
}

async function main(): Promise<number> {
  let failed = 0;
  for (const { name, runtime, build } of kinds) {
    if (Deno.args.length > 0 && !Deno.args.includes(name)) continue;
    const preload = await runtimeOf(runtime), path = await build();
    console.log(`${name}:`);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "-A", fromFileUrl(import.meta.url), "--child", path, name],
      env: {
        LD_PRELOAD: preload,
        // V8 keeps what it allocates until the end, and its own threads are not instrumented.
        ASAN_OPTIONS: "detect_leaks=0:handle_segv=0:allow_user_segv_handler=1:detect_stack_use_after_return=0",
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
    if (Deno.args[0] === "--child") await runCases(Deno.args[1]!, Deno.args[2]!, 12, Deno.args[3]);
    else Deno.exitCode = await main();
  } catch (error) {
    console.error(error instanceof InputError ? error.message : messageOf(error));
    Deno.exitCode = 1;
  }
}
