/**
 * Builds the native libraries: `deno task build:ffi` what this machine can, `openOps()` the CPU library on first use.
 *
 * A library lies in `ffi/build/` under a name that holds a hash of its sources and flags, so a stale one can never be
 * loaded and finding one takes no compiler; objects are kept the same way, so one changed operation recompiles alone.
 * Everything is written under a temporary name and renamed: a loaded library is never rewritten. Two processes do not
 * build at once.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { InputError, messageOf } from "../core/errors.ts";
import { parseHeader } from "./generate.ts";

/** Which library. */
export type LibraryKind = "cpu" | "cuda";

const here = fromFileUrl(import.meta.resolve("./"));
const folder = join(here, "build");

/** A compiler on the PATH. */
export interface Compiler {
  readonly command: string;
  /** What it calls itself, for the log. */
  readonly version: string;
}

/** One compilation: its sources, where its object goes, how. */
interface Unit {
  /** Several are included into one, so that the standard library's headers are read once. */
  readonly sources: readonly string[];
  readonly flags: readonly string[];
  readonly hash: string;
  /** Characters of the sources: the longest are compiled first, so that no core waits for one of them at the end. */
  readonly length: number;
}

interface Plan {
  readonly kind: LibraryKind;
  readonly units: readonly Unit[];
  readonly link: readonly string[];
  readonly target: string;
}

const warnings = ["-Wall", "-Wextra", "-Wno-psabi"];
// The kernels are written in vectors: all that -O3 adds to them, but for plain loops, is a quarter of the compile time.
const cpuFlags = [
  "-std=c++17",
  "-O2",
  "-fopenmp-simd",
  "-fPIC",
  "-fvisibility=hidden",
  "-fvisibility-inlines-hidden",
];
// What gcc does with plain loops at -O3 only, and clang, which has other names for it, at -O2.
const gccLoops = ["-ftree-vectorize", "-fvect-cost-model=dynamic", "-fpeel-loops"];
const cudaFlags = ["-std=c++17", "-O3", "-Xcompiler", "-fPIC,-fvisibility=hidden,-fvisibility-inlines-hidden"];
const cudaTargets = [
  ["-gencode", "arch=compute_80,code=sm_80"],
  ["-gencode", "arch=compute_90,code=sm_90"],
  ["-gencode", "arch=compute_90,code=compute_90"],
].flat();

/** Instruction sets a kernel file is compiled for. The baseline comes first: the linker keeps the first copy of an
 * inline function, and that copy must run everywhere. */
const instructionSets = [
  { name: "baseline", lanes: 4, flags: ["-DSC_EXPORTED"] },
  { name: "avx2", lanes: 8, flags: ["-mavx2", "-mfma"] },
  {
    name: "avx512",
    lanes: 16,
    flags: ["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mfma", "-mprefer-vector-width=512"],
  },
] as const;

async function sha256(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...digest.subarray(0, 10)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The compiler of a library. @throws {InputError} there is none */
export async function findCompiler(kind: LibraryKind): Promise<Compiler> {
  const names = kind === "cuda" ? ["nvcc"] : ["g++", "clang++", "c++"];
  for (const command of names) {
    try {
      const { success, stdout } = await new Deno.Command(command, { args: ["--version"], stderr: "null" }).output();
      const text = new TextDecoder().decode(stdout).trim().split("\n");
      // nvcc tells its version in the last lines, the others in the first.
      if (success) return { command, version: kind === "cuda" ? text.slice(-2).join(" ") : text[0] ?? "" };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        throw new InputError(`Cannot look for a compiler: ${messageOf(error)}`, { cause: error });
      }
    }
  }
  throw new InputError(
    kind === "cuda"
      ? "Cannot build the CUDA library: nvcc is not on the PATH; install the CUDA toolkit 12 or newer, or use ops=cpu"
      : "Cannot build the CPU library: none of g++, clang++, c++ is on the PATH; install one, or use ops=reference",
  );
}

async function readSources(kind: LibraryKind): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for (const part of ["include", "common", kind]) {
    for await (const entry of Deno.readDir(join(here, part))) {
      if (!/\.(h|hpp|cuh|cpp|cu)$/.test(entry.name)) continue;
      sources.set(`${part}/${entry.name}`, await Deno.readTextFile(join(here, part, entry.name)));
    }
  }
  return new Map([...sources].sort(([a], [b]) => a < b ? -1 : 1));
}

/**
 * The header as one source sees it: comments and the operations it does not define are left out, so that a new
 * operation does not recompile the others.
 */
function headerFor(source: string, header: string): string {
  const code = header.replaceAll(/\/\*[\s\S]*?\*\//g, "");
  return code.replaceAll(
    /\bSC_OP\s+[^;()]*?(\w+)\s*\([^)]*\)\s*;\s*/g,
    (all, name) => source.includes(name) ? all : "",
  );
}

/** The text of a file and of everything it includes, for its hash. */
function closure(file: string, sources: ReadonlyMap<string, string>, root = file, seen = new Set<string>()): string {
  if (seen.has(file)) return "";
  seen.add(file);
  const text = sources.get(file) ?? "";
  const parts = [file, file === "include/sc.h" ? headerFor(sources.get(root) ?? "", text) : text];
  for (const [, name] of text.matchAll(/#include "([^"]+)"/g)) {
    parts.push(closure(join(file, "..", name!).replaceAll("\\", "/"), sources, root, seen));
  }
  return parts.join("\0");
}

/** One instruction set, exported as if it were the baseline. */
function nativeOnly(index: number) {
  const set = instructionSets[index]!;
  return [{ ...set, flags: index === 0 ? set.flags : [...set.flags, "-DSC_EXPORTED"] }];
}

/**
 * On first use somebody waits, so the sources are compiled in one bundle per core, which reads the standard library's
 * headers once. Names in the unnamed namespaces must therefore differ from file to file.
 */
async function bundled(units: readonly Unit[]): Promise<Unit[]> {
  const bundles = Array.from({ length: Math.min(4, navigator.hardwareConcurrency) }, () => ({
    length: 0,
    members: [] as Unit[],
  }));
  for (const unit of [...units].sort((a, b) => b.length - a.length)) {
    const shortest = bundles.reduce((a, b) => b.length < a.length ? b : a);
    shortest.members.push(unit);
    shortest.length += unit.length;
  }
  return await Promise.all(bundles.map(async ({ length, members }) => ({
    sources: members.flatMap((unit) => unit.sources).sort(),
    flags: members[0]!.flags,
    hash: await sha256(members.map((unit) => unit.hash).join()),
    length,
  })));
}

async function planOf(
  sources: ReadonlyMap<string, string>,
  kind: LibraryKind,
  extraFlags: readonly string[],
): Promise<Plan> {
  const { os, arch } = Deno.build;
  const units: Unit[] = [];
  const native = arch === "x86_64" ? instructionSets : instructionSets.slice(0, 1);
  const wide = extraFlags.includes("-DSC_WIDE_EMULATION");
  const only = extraFlags.find((flag) => flag.startsWith("-DSC_ONLY="))?.slice(-1);
  const sets = only !== undefined
    ? nativeOnly(Number(only) - 1)
    : native.map((set) => wide && set.name === "avx512" ? { ...set, flags: ["-mavx2", "-mfma"] } : set);
  const add = async (source: string, flags: readonly string[]) => {
    const hash = await sha256(JSON.stringify([os, arch, flags, closure(source, sources)]));
    units.push({ sources: [source], flags, hash, length: sources.get(source)!.length });
  };
  const flagsOf = (set: { name: string; lanes: number; flags: readonly string[] }) => [
    `-DSC_ISA=${set.name}`,
    `-DSC_LANES=${set.lanes}`,
    ...set.flags,
  ];
  const base = [...(kind === "cuda" ? [...cudaFlags, ...cudaTargets] : cpuFlags), ...extraFlags];
  if (kind === "cpu") base.push(...(only === undefined ? warnings : ["-w"]));
  for (const [source, text] of sources) {
    if (!/\.(cpp|cu)$/.test(source)) continue;
    const wanted = only !== undefined || kind === "cpu" && text.includes("SC_ISA") ? sets.map(flagsOf) : [[]];
    for (const flags of wanted) await add(source, [...base, ...flags]);
  }
  // Baseline objects before the others; see instructionSets.
  const rank = (unit: Unit) => sets.findIndex((set) => unit.flags.includes(`-DSC_ISA=${set.name}`));
  units.sort((a, b) => rank(a) - rank(b));
  const names = parseHeader(sources.get("include/sc.h") ?? "").map((declaration) => declaration.name);
  const script = join(folder, `exports.${await sha256(names.join())}.map`);
  // `nodelete`: the threads of a context that nobody freed outlive the handle by which Deno closes the library.
  const exported = os === "linux" ? [`-Wl,--version-script=${script}`, "-Wl,-znodelete"] : [];
  const link = kind === "cuda"
    ? ["-shared", "-cudart", "static", ...exported.map((flag) => `-Xlinker=${flag.slice(4)}`)]
    : ["-shared", "-pthread", ...extraFlags, ...exported];
  const hash = await sha256(JSON.stringify([link, units.map((unit) => unit.hash)]));
  const suffix = os === "darwin" ? "dylib" : os === "windows" ? "dll" : "so";
  const target = join(folder, `libsc_${kind}.${hash}.${suffix}`);
  return { kind, units: only === undefined ? units : await bundled(units), link, target };
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

async function command(name: string, args: readonly string[], what: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(name, { args: [...args], stdout: "null", stderr: "piped" })
    .output();
  if (success) return;
  const text = new TextDecoder().decode(stderr).trim().split("\n");
  const line = text.find((line) => /error/i.test(line)) ?? text[0] ?? "no message";
  throw new InputError(`Cannot build ${what}: ${name} failed: ${line}`, { cause: new Error(text.join("\n")) });
}

/** Runs tasks `width` at a time. */
async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < items.length) await work(items[next++]!);
  }));
}

async function writeExports(plan: Plan): Promise<void> {
  const flag = plan.link.find((part) => part.includes("--version-script="));
  if (flag === undefined) return;
  const names = parseHeader(await Deno.readTextFile(join(here, "include/sc.h"))).map(({ name }) => name);
  const path = flag.slice(flag.lastIndexOf("=") + 1);
  await Deno.writeTextFile(path, `{ global: ${names.join("; ")}; local: *; };\n`);
}

/**
 * Other ways to build the CPU library. `native`: for this machine's instruction set alone, a third of the work, on first
 * use. For tests: sanitizers, and `wide`, the 16-lane sources in AVX2 instructions.
 */
export type Variant = "native" | "address" | "undefined" | "thread" | "wide";

/** How to build. */
export interface BuildOptions {
  /** Told when something is compiled. */
  readonly log?: (line: string) => void;
  readonly variant?: Variant;
}

/**
 * The widest of {@linkcode instructionSets} that this machine has, by what the compiler takes it for: the tasks may run
 * the compiler but, as a rule of Deno's, not read /proc. Undefined where the compiler does not tell.
 */
export async function ownInstructionSet(compiler: Compiler): Promise<number | undefined> {
  if (Deno.build.arch !== "x86_64") return undefined;
  const { success, stdout } = await new Deno.Command(compiler.command, {
    args: ["-march=native", "-dM", "-E", "-x", "c++", Deno.build.os === "windows" ? "NUL" : "/dev/null"],
    stderr: "null",
  }).output();
  if (!success) return undefined;
  const macros = new Set(new TextDecoder().decode(stdout).split("\n").map((line) => line.split(" ")[1]));
  const has = (...names: string[]) => names.every((name) => macros.has(`__${name}__`));
  if (has("AVX512F", "AVX512VL", "AVX512DQ", "AVX512BW")) return 2;
  return has("AVX2", "FMA") ? 1 : 0;
}

const onlySet = (index: number) => [`-DSC_ONLY=${index + 1}`];

async function ownFlags(): Promise<readonly string[]> {
  const own = await ownInstructionSet(await findCompiler("cpu"));
  return own === undefined ? [] : onlySet(own);
}

function variantFlags(variant: Exclude<Variant, "native"> | undefined): readonly string[] {
  if (variant === undefined) return [];
  if (variant === "wide") return ["-DSC_WIDE_EMULATION"];
  return [`-fsanitize=${variant}`, "-fno-sanitize-recover=all", "-g", "-O1"];
}

/**
 * The path of a library that is built already, of today's sources; undefined where it is not. `native` takes the widest
 * there is, which may have been built on another machine.
 */
export async function findLibrary(kind: LibraryKind, variant?: Variant): Promise<string | undefined> {
  const candidates = variant === "native" ? [2, 1, 0].map(onlySet) : [variantFlags(variant)];
  const sources = await readSources(kind);
  for (const flags of candidates) {
    const { target } = await planOf(sources, kind, flags);
    if (await exists(target)) return target;
  }
  return undefined;
}

/**
 * The library's path; compiles it when it is not there yet.
 *
 * @throws {InputError} no compiler, the folder cannot be written, or the compiler fails
 */
export async function buildLibrary(kind: LibraryKind, options: BuildOptions = {}): Promise<string> {
  const { log = () => {}, variant } = options;
  const flags = variant === "native" ? await ownFlags() : variantFlags(variant);
  const plan = await planOf(await readSources(kind), kind, flags);
  if (await exists(plan.target)) return plan.target;
  const compiler = await findCompiler(kind);
  const objects = join(folder, "objects");
  try {
    await Deno.mkdir(objects, { recursive: true });
  } catch (error) {
    throw new InputError(`Cannot build the ${kind} library: ${folder} is not writable: ${messageOf(error)}`, {
      cause: error,
    });
  }
  using lock = await Deno.open(join(folder, `lock.${kind}`), { create: true, write: true });
  await lock.lock(true);
  // Another process may have built it while this one waited.
  if (await exists(plan.target)) return plan.target;
  const object = (unit: Unit) => join(objects, `${unit.hash}.o`);
  const missing: Unit[] = [];
  for (const unit of plan.units) if (!(await exists(object(unit)))) missing.push(unit);
  missing.sort((a, b) => b.length - a.length);
  const start = performance.now();
  log(`building the ${kind} library with ${compiler.version} (${missing.length} of ${plan.units.length} objects)`);
  await writeExports(plan);
  const loops = kind === "cpu" && !/clang/i.test(compiler.version) ? gccLoops : [];
  await inParallel(missing, Math.max(1, navigator.hardwareConcurrency), async (unit) => {
    const temporary = `${object(unit)}.${Deno.pid}.tmp.o`, [first] = unit.sources;
    let file = join(here, first!);
    if (unit.sources.length > 1) {
      file = join(objects, `${unit.hash}.cpp`);
      await Deno.writeTextFile(file, unit.sources.map((source) => `#include "${join(here, source)}"\n`).join(""));
    }
    await command(
      compiler.command,
      [...unit.flags, ...loops, "-c", file, "-o", temporary],
      `ffi/${unit.sources.join(", ffi/")}`,
    );
    await Deno.rename(temporary, object(unit));
  });
  const temporary = `${plan.target}.${Deno.pid}.tmp`;
  await command(compiler.command, [...plan.units.map(object), ...plan.link, "-o", temporary], `the ${kind} library`);
  await Deno.rename(temporary, plan.target);
  log(`built the ${kind} library in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return plan.target;
}

/** Names of the C functions that both libraries export. */
export async function exportedNames(): Promise<string[]> {
  return parseHeader(await Deno.readTextFile(join(here, "include/sc.h"))).map(({ name }) => name).sort();
}

if (import.meta.main) {
  const verbose = Deno.args.includes("--verbose");
  let built = 0;
  for (const kind of ["cpu", "cuda"] as const) {
    try {
      console.log(await buildLibrary(kind, { log: console.log }));
      built++;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      console.log(error.message);
      if (verbose && error.cause instanceof Error) console.log(error.cause.message);
      // A compiler that is absent is fine (this machine cannot); one that fails is not.
      if (!error.message.includes("on the PATH")) Deno.exitCode = 1;
    }
  }
  if (built === 0) Deno.exitCode = 1;
}
