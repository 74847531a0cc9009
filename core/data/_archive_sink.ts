import { dirname, join } from "@std/path";
import { messageOf } from "../errors.ts";

/** Why an archive is refused; the public function adds its name. */
export class UnpackError extends Error {}

/** Writes the entries of an archive below one folder and nowhere else, within limits. */
export class ArchiveSink {
  files = 0;
  bytes = 0;
  readonly leftOut: string[] = [];
  #entries = 0;
  readonly #folders = new Set<string>();

  constructor(
    private readonly root: string,
    private readonly limits: { readonly maxBytes: number; readonly maxEntries: number },
    private readonly progress: ((bytes: number) => void) | undefined,
  ) {}

  /** Counts an entry, and says where it goes; undefined for a desktop's own files, which are left out. */
  place(name: string): string | undefined {
    if (++this.#entries > this.limits.maxEntries) {
      throw new UnpackError(`it has more than ${this.limits.maxEntries} entries: refused`);
    }
    const parts = safeParts(name);
    if (parts.length === 0) return undefined;
    if (parts[0] === "__MACOSX" || parts.some((part) => part === ".DS_Store" || part.startsWith("._"))) {
      this.leftOut.push(name);
      return undefined;
    }
    return join(this.root, ...parts);
  }

  /** Makes a folder and those above it. */
  folder(path: string): void {
    if (this.#folders.has(path)) return;
    Deno.mkdirSync(path, { recursive: true });
    this.#folders.add(path);
  }

  /** A stream into a new file, for one entry. */
  open(path: string, name: string): WritableStream<Uint8Array> {
    this.folder(dirname(path));
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(path, { write: true, createNew: true });
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) throw new UnpackError(`"${name}" is there twice`);
      throw error;
    }
    this.files++;
    return new WritableStream({
      write: (chunk) => {
        this.bytes += chunk.length;
        if (this.bytes > this.limits.maxBytes) {
          throw new UnpackError(
            `it unpacks to more than ${this.limits.maxBytes} bytes, too many for its own size: refused as a bomb`,
          );
        }
        writeAll(file, chunk);
        this.progress?.(this.bytes);
      },
      close: () => file.close(),
      abort: () => file.close(),
    });
  }
}

/** The folders and file of a name that stays below the root. */
function safeParts(name: string): string[] {
  const parts = name.replaceAll("\\", "/").split("/");
  if (name.includes("\0") || /^([\\/]|[a-z]:)/i.test(name) || parts.includes("..")) {
    throw new UnpackError(`the entry "${name}" would land outside the folder: refused`);
  }
  return parts.filter((part) => part !== "" && part !== ".");
}

function writeAll(file: Deno.FsFile, chunk: Uint8Array): void {
  try {
    for (let at = 0; at < chunk.length;) at += file.writeSync(chunk.subarray(at));
  } catch (error) {
    throw new UnpackError(`a file cannot be written (${messageOf(error)})`);
  }
}
