/**
 * The CUDA kernels on the processor: the sources of `cuda/`, their launches rewritten to plain calls, compiled by g++
 * against `cuda_on_cpu/`. It shows that indices, shared memory, barriers and arithmetic are right where there is no GPU;
 * it cannot show what a GPU's own timing and memory order would.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { InputError } from "../../core/errors.ts";
import { findCompiler } from "../build.ts";
import { openLibrary } from "../library.ts";
import { NativeEngine } from "../native_engine.ts";
import { Ops } from "../ops.ts";

const ffi = fromFileUrl(import.meta.resolve("../"));
const folder = join(ffi, "build", "cuda_on_cpu");

/** Where the bracket opened at `open` closes. */
function closing(text: string, open: number): number {
  for (let i = open, depth = 0; i < text.length; i++) {
    if ("([{".includes(text[i]!)) depth++;
    if (")]}".includes(text[i]!) && --depth === 0) return i;
  }
  throw new SyntaxError("a bracket of a kernel launch never closes");
}

/** A CUDA source as C++: launches become calls, dynamic shared memory a pointer. */
export function asCpp(source: string): string {
  let text = source.replaceAll(
    /extern\s+__shared__\s+(?:__align__\(\d+\)\s+)?(\w+)\s+(\w+)\[\];/g,
    "$1* $2 = static_cast<$1*>(emulated::dynamic_shared());",
  );
  // Static shared memory: no block finds what another left.
  text = text.replaceAll(/__shared__\s+\w+\s+([^;]+);/g, (declaration, names: string) => {
    const each = names.split(",").map((name) => name.trim().replace(/\[.*$/, ""));
    return declaration + each.map((name) => ` emulated::fresh(&${name}, sizeof ${name});`).join("");
  });
  for (let at; (at = text.search(/[\w:]+(?:<[^<>]*>)?<<</)) >= 0;) {
    const name = text.slice(at).match(/^[\w:]+(?:<[^<>]*>)?(?=<<<)/)![0];
    const configured = at + name.length + 3, end = text.indexOf(">>>", configured);
    const open = end + 3, close = closing(text, open);
    // grid, block, shared bytes, stream; a comma inside brackets separates nothing.
    const parts: string[] = [""];
    let depth = 0;
    for (const c of text.slice(configured, end)) {
      if ("([{".includes(c)) depth++;
      if (")]}".includes(c)) depth--;
      if (c === "," && depth === 0) parts.push("");
      else parts[parts.length - 1] += c;
    }
    const [grid, block, shared = "0"] = parts;
    const call = `emulated::launch(dim3(${grid}), dim3(${block}), ${shared}, [&] { ${name}${
      text.slice(open, close + 1)
    }; })`;
    text = text.slice(0, at) + call + text.slice(close + 1);
  }
  return text;
}

/** Compiles it, where the sources changed. @throws {InputError} no compiler, another processor, or it fails */
export async function buildCudaOnCpu(flags: readonly string[] = []): Promise<string> {
  if (Deno.build.arch !== "x86_64" || Deno.build.os !== "linux") {
    throw new InputError("Cannot run CUDA kernels on this processor; x86-64 Linux would work");
  }
  const { command } = await findCompiler("cpu");
  const sources = new Map<string, string>();
  for (const part of ["include", "common", "cuda", "testing/cuda_on_cpu"]) {
    for await (const { name, isFile } of Deno.readDir(join(ffi, part))) {
      if (!isFile) continue;
      const text = await Deno.readTextFile(join(ffi, part, name));
      sources.set(`${part}/${name}`, part === "cuda" ? asCpp(text) : text);
    }
  }
  const known = JSON.stringify([flags, [...sources].sort()]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(known)));
  const hash = [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const place = join(folder, hash), target = join(place, "libsc_cuda_on_cpu.so");
  if (await Deno.stat(target).then(() => true, () => false)) return target;
  const units: string[] = [];
  for (const [name, text] of sources) {
    const path = join(place, name).replace(/\.cu$/, ".cu.cpp");
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, text);
    if (path.endsWith(".cpp")) units.push(path);
  }
  const base = ["-std=c++17", "-O1", "-g", "-fPIC", "-w", "-I", join(place, "testing/cuda_on_cpu"), ...flags];
  const run = async (args: readonly string[]) => {
    const { success, stderr } = await new Deno.Command(command, { args: [...args], stderr: "piped" }).output();
    if (!success) {
      throw new InputError(`Cannot build CUDA kernels for the processor: ${new TextDecoder().decode(stderr)}`);
    }
  };
  const waiting = [...units];
  await Promise.all(Array.from({ length: Math.max(1, navigator.hardwareConcurrency) }, async () => {
    for (let unit; (unit = waiting.pop()) !== undefined;) await run([...base, "-c", unit, "-o", `${unit}.o`]);
  }));
  await run(["-shared", ...flags, ...units.map((unit) => `${unit}.o`), "-o", `${target}.tmp`]);
  await Deno.rename(`${target}.tmp`, target);
  return target;
}

/** Opens it, with or without tensor cores. @throws {InputError} as {@linkcode buildCudaOnCpu} */
export async function openCudaOnCpu(tensorCores = true): Promise<Ops> {
  const library = openLibrary("cuda", await buildCudaOnCpu());
  return new Ops(
    new NativeEngine(library, { threads: 1, memory: Infinity, log: () => {}, flags: tensorCores ? 1 : 257 }),
  );
}
