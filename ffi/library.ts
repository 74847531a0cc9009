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
const loaded = new Map<LibraryKind, Library>();

const decoder = new TextDecoder();

/** Reads text that a C function writes into a buffer. */
export function textOf(write: (buffer: Uint8Array<ArrayBuffer>, size: number) => number): string {
  const buffer = new Uint8Array(1024);
  return decoder.decode(buffer.subarray(0, write(buffer, buffer.length)));
}

/**
 * Loads `libsc_<kind>`, building it first where it is missing and `build` is set.
 *
 * @throws {InputError} no compiler, no permission, another ABI, or the device cannot run it (says which)
 */
export async function loadLibrary(
  kind: LibraryKind,
  { build, log }: { readonly build: boolean; readonly log: (line: string) => void },
): Promise<Library> {
  const known = loaded.get(kind);
  if (known !== undefined) return known;
  const path = build ? await buildLibrary(kind, { log }) : await findLibrary(kind);
  if (path === undefined) throw new InputError(`Cannot use ops=${kind}: not built; run: deno task build:ffi`);
  const library = openLibrary(kind, path);
  loaded.set(kind, library);
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
