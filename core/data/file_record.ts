/**
 * What is known about a file: its length and sha256, now and when it was downloaded.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Bytes read at once. */
const BLOCK = 1 << 22;

/** The small JSON that a download leaves beside its file, as `FILE.json`. */
export interface FileRecord {
  readonly url: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Length and lower-case hex sha256 of a file, without holding it in memory. */
export async function digestFile(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  using file = await Deno.open(path, { read: true });
  const block = new Uint8Array(BLOCK);
  for (let n = await file.read(block); n !== null; n = await file.read(block)) {
    hash.update(block.subarray(0, n));
    bytes += n;
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** What was recorded beside a file when it was downloaded; undefined where nothing was. */
export function readFileRecord(path: string): FileRecord | undefined {
  return readJsonOf<FileRecord>(`${path}.json`, "sha256");
}

/** Records what a file is, beside it. */
export function writeFileRecord(path: string, record: FileRecord): void {
  Deno.writeTextFileSync(`${path}.json`, `${JSON.stringify(record, null, 2)}\n`);
}

/** A JSON file of ours that has a text under `key`; one that is absent or half written (a crash) counts as absent. */
export function readJsonOf<T>(path: string, key: keyof T & string): T | undefined {
  try {
    const value: unknown = JSON.parse(Deno.readTextFileSync(path));
    return typeof (value as T | null)?.[key] === "string" ? value as T : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
