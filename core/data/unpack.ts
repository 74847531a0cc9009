import { basename, join } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import { ArchiveSink, UnpackError } from "./_archive_sink.ts";

export { UnpackError };

/** Kinds of archive. */
export type ArchiveKind = "zip" | "tar" | "tar.gz";

/** Bounds for hostile or damaged archives; the defaults leave room for every benchmark the project knows. */
export interface UnpackLimits {
  /** Bytes of all files together. Default 64 GiB. */
  readonly maxBytes?: number;
  /** Files and folders. Default 2 million. */
  readonly maxEntries?: number;
  /** Unpacked bytes per archive byte, judged from 64 MiB unpacked on. Default 200; pictures have about 1, JSON 20. */
  readonly maxRatio?: number;
}

/** Options of {@linkcode unpack}. */
export interface UnpackOptions {
  readonly limits?: UnpackLimits;
  /** Called with the bytes written so far. */
  readonly progress?: (bytes: number) => void;
}

/** What was unpacked. */
export interface Unpacked {
  readonly files: number;
  readonly bytes: number;
  /** Entries left out: links, devices, and a desktop's own files such as `__MACOSX/`. */
  readonly leftOut: readonly string[];
}

/**
 * Unpacks an archive into a folder. Everything goes to a temporary folder first and is moved when it is complete, so a
 * crash or a damaged archive leaves no half of it.
 *
 * Refused are entries that would land outside the folder (absolute names, `..`), that are there twice, or that exceed the
 * limits, whatever their headers say. Links are not made. Check sums of zip entries and of gzip are verified.
 *
 * @throws {InputError} naming the archive and the fault; nothing is left behind then
 */
export async function unpack(
  archive: string,
  into: string,
  kind: ArchiveKind,
  options: UnpackOptions = {},
): Promise<Unpacked> {
  const size = archiveSize(archive);
  const { maxBytes = 64 * 2 ** 30, maxEntries = 2e6, maxRatio = 200 } = options.limits ?? {};
  Deno.mkdirSync(into, { recursive: true });
  const temporary = Deno.makeTempDirSync({ dir: into, prefix: ".unpacking-" });
  try {
    const limits = { maxBytes: Math.min(maxBytes, Math.max(size * maxRatio, 64 * 2 ** 20)), maxEntries };
    const sink = new ArchiveSink(temporary, limits, options.progress);
    // The readers are large and most commands unpack nothing.
    if (kind === "zip") await (await import("./_zip.ts")).readZip(archive, sink);
    else await (await import("./_tar.ts")).readTar(archive, kind === "tar.gz", sink);
    moveInto(temporary, into);
    return { files: sink.files, bytes: sink.bytes, leftOut: sink.leftOut };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const why = error instanceof UnpackError ? messageOf(error) : `it is damaged or cut off (${messageOf(error)})`;
    throw new InputError(`Cannot unpack "${archive}": ${why}`, { cause: error });
  } finally {
    Deno.removeSync(temporary, { recursive: true });
  }
}

function archiveSize(archive: string): number {
  try {
    const { size, isFile } = Deno.statSync(archive);
    if (!isFile) throw new Error("it is no file");
    if (size === 0) throw new Error("it is empty");
    return size;
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "no such file" : messageOf(error);
    throw new InputError(`Cannot unpack "${archive}": ${why}`, { cause: error });
  }
}

/** Moves what is in a folder into another, joining folders that are in both; files of the same name are replaced. */
function moveInto(from: string, to: string): void {
  for (const entry of Deno.readDirSync(from)) {
    const source = join(from, entry.name), target = join(to, basename(entry.name));
    if (entry.isDirectory && isFolder(target)) moveInto(source, target);
    else Deno.renameSync(source, target);
  }
}

function isFolder(path: string): boolean {
  try {
    // Not through a link: what is unpacked must stay inside the folder.
    return Deno.lstatSync(path).isDirectory;
  } catch {
    return false;
  }
}
