import { digestFile } from "../data/file_record.ts";
import { InputError, messageOf } from "../errors.ts";

/** Where hashes of files are remembered, below the folder a run is started in. */
const MEMORY = ".cache/weight-hashes.json";

/** The latest so many files are remembered. */
const REMEMBERED = 100;

interface Known {
  readonly size: number;
  readonly modified: number;
  readonly sha256: string;
}

/**
 * Lower-case hex sha256 of a file of any size.
 *
 * Hashing a gigabyte takes seconds, so the answer is remembered by path, size and time of change where `.cache` can be
 * written; nothing but time depends on that.
 *
 * @throws InputError where the file cannot be read.
 */
export async function hashFile(path: string): Promise<string> {
  let info: Deno.FileInfo;
  let real: string;
  try {
    [info, real] = await Promise.all([Deno.stat(path), Deno.realPath(path)]);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "no such file" : messageOf(error);
    throw new InputError(`Cannot read weights "${path}": ${why}`);
  }
  if (!info.isFile) throw new InputError(`Cannot read weights "${path}": it is a folder, and a file is needed`);
  const memory = await recall();
  const modified = info.mtime?.getTime() ?? 0;
  const known = memory[real];
  if (known?.size === info.size && known.modified === modified) return known.sha256;
  const { sha256 } = await digestFile(path);
  delete memory[real];
  const kept = Object.fromEntries(Object.entries(memory).slice(-(REMEMBERED - 1)));
  await remember({ ...kept, [real]: { size: info.size, modified, sha256 } });
  return sha256;
}

async function recall(): Promise<Record<string, Known>> {
  try {
    return JSON.parse(await Deno.readTextFile(MEMORY));
  } catch {
    return {};
  }
}

async function remember(memory: Record<string, Known>): Promise<void> {
  try {
    await Deno.mkdir(".cache", { recursive: true });
    // Written aside and renamed: a run beside this one never reads half a file.
    const draft = `${MEMORY}.${crypto.randomUUID()}`;
    await Deno.writeTextFile(draft, JSON.stringify(memory));
    await Deno.rename(draft, MEMORY);
  } catch {
    // Read-only folders are fine: the file is hashed again next time.
  }
}
