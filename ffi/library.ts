import { InputError, messageOf } from "../core/errors.ts";
import { buildLibrary, findLibrary, type LibraryKind } from "./build.ts";
import { abi, symbols } from "./symbols.ts";

/** The bound functions of a library. */
export type Native = Deno.DynamicLibrary<typeof symbols>["symbols"];

/** A loaded library, checked to speak this ABI and to be able to run here. */
export interface Library {
  readonly kind: LibraryKind;
  readonly native: Native;
  /** One line about the device. */
  readonly device: string;
}

/** A loaded library is kept for the life of the process: unloading one under live handles would crash. */
const loaded = new Map<string, Library>();

const decoder = new TextDecoder();

/** Reads text that a C function writes into a buffer. */
export function textOf(write: (buffer: Uint8Array<ArrayBuffer>, size: number) => number): string {
  const buffer = new Uint8Array(1024);
  return decoder.decode(buffer.subarray(0, write(buffer, buffer.length)));
}

/** How to load. */
export interface LoadOptions {
  /** Builds the library where it is missing. */
  readonly build: boolean;
  readonly log: (line: string) => void;
  /** Only the library with every instruction set will do. */
  readonly portable?: boolean;
}

/**
 * Loads `libsc_<kind>`: what `deno task build:ffi` made, else, for the CPU, the library of this machine's instruction set,
 * which is built on first use.
 *
 * @throws {InputError} no compiler, no permission, another ABI, or the device cannot run it (says which)
 */
export async function loadLibrary(kind: LibraryKind, options: LoadOptions): Promise<Library> {
  const { build, log, portable = false } = options;
  const variants = kind === "cpu" && !portable ? [undefined, "native" as const] : [undefined];
  const key = portable ? `${kind} portable` : kind;
  const known = loaded.get(key);
  if (known !== undefined) return known;
  let path: string | undefined;
  for (const variant of variants) path ??= await findLibrary(kind, variant);
  const last = variants.at(-1);
  const make = () => buildLibrary(kind, { log, ...(last && { variant: last }) });
  if (path === undefined && build) path = await make();
  if (path === undefined) throw new InputError(`Cannot use ops=${kind}: not built; run: deno task build:ffi`);
  let library: Library;
  try {
    library = openLibrary(kind, path);
  } catch (error) {
    // One that another machine built for itself, in a folder that both use.
    const other = build && last !== undefined ? await make() : path;
    if (other === path) throw error;
    library = openLibrary(kind, other);
  }
  loaded.set(key, library);
  return library;
}

/** Loads the library at a path. @throws {InputError} as {@linkcode loadLibrary} */
export function openLibrary(kind: LibraryKind, path: string): Library {
  let native: Native;
  try {
    native = Deno.dlopen(path, symbols).symbols;
  } catch (error) {
    throw new InputError(`Cannot load ${path}: ${messageOf(error)}`, { cause: error });
  }
  const speaks = native.sc_abi();
  if (speaks !== abi) throw new InputError(`Cannot use ${path}: it speaks ABI ${speaks}, this code ${abi}`);
  const device = textOf((buffer, size) => native.sc_describe(buffer, size));
  if (native.sc_score() <= 0) throw new InputError(`Cannot use ops=${kind}: ${device}`);
  return { kind, native, device };
}
