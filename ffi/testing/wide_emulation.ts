import { InputError } from "../../core/errors.ts";
import { buildLibrary } from "../build.ts";
import { openLibrary } from "../library.ts";
import { NativeEngine } from "../native_engine.ts";
import { Ops } from "../ops.ts";

/**
 * The CPU library with its 16-lane sources compiled to AVX2 instructions: what AVX-512 machines run, with its own tile
 * sizes and block counts, checked on machines without AVX-512. Only for tests; it is slow.
 */
export async function openWideEmulation(): Promise<Ops> {
  if (Deno.build.arch !== "x86_64") throw new InputError("Cannot emulate AVX-512 on another architecture");
  const path = await buildLibrary("cpu", { variant: "wide" });
  const library = openLibrary("cpu", path);
  return new Ops(new NativeEngine(library, { threads: 2, memory: Infinity, log: () => {}, flags: 1 }));
}
