import { InputError, messageOf } from "../errors.ts";
import type { FileRange } from "./tensor.ts";

/**
 * A file read in pieces, synchronously: checkpoints are large, and only the parts in use should pass through memory.
 *
 * The file is opened for each read, so that nothing needs closing.
 */
export class RandomFile {
  /** @throws InputError where the file is absent or no regular file. */
  constructor(readonly path: string, readonly size: number = sizeOf(path)) {}

  /** @throws InputError where the range does not lie within the file. */
  read(offset: number, length: number, what: string): Uint8Array<ArrayBuffer> {
    return readRange({ path: this.path, offset, length }, what, this.size);
  }
}

function sizeOf(path: string): number {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(path);
  } catch (error) {
    throw new InputError(
      `Cannot read weights "${path}": ${error instanceof Deno.errors.NotFound ? "no such file" : messageOf(error)}`,
    );
  }
  if (!info.isFile) throw new InputError(`Cannot read weights "${path}": it is a folder, and a file is needed`);
  return info.size;
}

/** Reads one range. `what` names it in errors. @throws InputError where the file is shorter or unreadable. */
export function readRange({ path, offset, length }: FileRange, what: string, size?: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw new InputError(
      `Cannot read ${what} of "${path}": its place in the file (${offset}, ${length} bytes) is impossible`,
    );
  }
  if (size !== undefined && offset + length > size) throw truncated(path, what, size);
  const bytes = new Uint8Array(length);
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true });
  } catch (error) {
    throw new InputError(`Cannot read weights "${path}": ${messageOf(error)}`);
  }
  try {
    file.seekSync(offset, Deno.SeekMode.Start);
    for (let done = 0; done < length;) {
      const n = file.readSync(bytes.subarray(done));
      if (n === null) throw truncated(path, what, offset + done);
      done += n;
    }
  } finally {
    file.close();
  }
  return bytes;
}

function truncated(path: string, what: string, size: number): InputError {
  return new InputError(
    `Cannot read ${what} of "${path}": the file ends after ${size} bytes; it is truncated, fetch it again`,
  );
}
