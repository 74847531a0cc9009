import { dirname } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import { digestFile, readFileRecord, readJsonOf, writeFileRecord } from "./file_record.ts";
import { exists } from "./root.ts";
import { transfer, TransferError } from "./_transfer.ts";

/** What to download, where to. */
export interface DownloadRequest {
  readonly url: string;
  readonly dest: string;
  /** Checked against what the server announces and sends. */
  readonly bytes?: number | undefined;
  /** Lower-case hex. Without it the sum is recorded on the first download and later ones must agree with it. */
  readonly sha256?: string | undefined;
}

/** How. */
export interface DownloadOptions {
  readonly fetch?: typeof fetch;
  /** Bytes there so far, and in all where the server tells. */
  readonly progress?: (done: number, total: number | undefined) => void;
  /** Tries without a new byte before it gives up. Default 5. */
  readonly attempts?: number;
  /** Waits before try number `n` (from 1). Default: 1, 2, 4, ... seconds. */
  readonly pause?: (n: number) => Promise<void>;
  /** A connection on which nothing comes for this long counts as cut. Default 60. */
  readonly idleSeconds?: number;
}

/** A file that is there and checked. */
export interface Downloaded {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** False where the file had been there before. */
  readonly fetched: boolean;
  /** What the sum was compared with; "nothing": it has been recorded just now. */
  readonly checked: "given sha256" | "recorded sha256" | "nothing";
}

/**
 * Downloads a file, or checks the one that is there.
 *
 * The bytes go to `DEST.part`, which is continued (HTTP Range) after a cut connection or in a later process when the
 * server still has the same file, and renamed when its length and sha256 are right. `DEST.json` records url, length and
 * sha256.
 *
 * @throws {InputError} naming address or file and the fault
 */
export async function download(request: DownloadRequest, options: DownloadOptions = {}): Promise<Downloaded> {
  const { url, dest } = request;
  Deno.mkdirSync(dirname(dest), { recursive: true });
  if (exists(dest)) return await check(request, dest, false);
  const part = `${dest}.part`;
  const state = `${dest}.part.json`;
  const file = Deno.openSync(part, { read: true, write: true, create: true });
  try {
    if (!await file.tryLock(true)) {
      throw new InputError(`Cannot download ${url}: another process is writing "${part}"`);
    }
    await fill(file, request, options, state);
  } finally {
    file.close();
  }
  try {
    const done = await check(request, part, true);
    Deno.renameSync(part, dest);
    writeFileRecord(dest, { url, bytes: done.bytes, sha256: done.sha256 });
    return { ...done, path: dest };
  } catch (error) {
    // The bytes are complete and wrong: continuing them would be wrong again.
    if (error instanceof InputError) Deno.removeSync(part);
    throw error;
  } finally {
    remove(state);
  }
}

async function fill(file: Deno.FsFile, request: DownloadRequest, options: DownloadOptions, state: string) {
  const { url, bytes } = request;
  const attempts = options.attempts ?? 5;
  const pause = options.pause ?? ((n) => new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** (n - 1))));
  let validator = readState(state, url);
  // Bytes of an earlier process count only when they can be continued.
  let best = validator === undefined ? 0 : file.statSync().size;
  for (let tries = 1;; tries++) {
    try {
      return await transfer({
        url,
        file,
        validator,
        bytes,
        fetch: options.fetch ?? fetch,
        idleSeconds: options.idleSeconds ?? 60,
        progress: options.progress ?? (() => {}),
        started(now) {
          validator = now;
          Deno.writeTextFileSync(state, JSON.stringify({ url, validator }));
        },
      });
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      // Only bytes never reached before are progress: a server that always cuts at one place must not be asked for ever.
      const { size } = file.statSync();
      if (size > best) [best, tries] = [size, 0];
      if (tries >= attempts) {
        throw new InputError(
          `Cannot download ${url}: ${
            messageOf(error)
          }; gave up after ${attempts} tries, the same command continues later`,
          { cause: error },
        );
      }
      await pause(Math.max(1, tries));
    }
  }
}

async function check(request: DownloadRequest, path: string, fetched: boolean): Promise<Downloaded> {
  const { url, dest } = request;
  const { bytes, sha256 } = await digestFile(path);
  const what = fetched ? `Cannot use the download of ${url}` : `Cannot use "${dest}"`;
  if (request.bytes !== undefined && bytes !== request.bytes) {
    throw new InputError(`${what}: it has ${bytes} bytes, ${request.bytes} are expected; ${cure(fetched, dest)}`);
  }
  const record = readFileRecord(dest);
  const expected = request.sha256 ?? record?.sha256;
  if (expected !== undefined && expected !== sha256) {
    const source = request.sha256 ? "the card has" : `"${dest}.json" recorded`;
    throw new InputError(`${what}: its sha256 is ${sha256}, ${source} ${expected}; ${cure(fetched, dest)}`);
  }
  if (!fetched && !record) writeFileRecord(dest, { url, bytes, sha256 });
  const checked = request.sha256 ? "given sha256" : record ? "recorded sha256" : "nothing";
  return { path, bytes, sha256, fetched, checked };
}

function cure(fetched: boolean, dest: string): string {
  return fetched ? "it was removed, nothing else was changed" : `remove "${dest}" to download it again`;
}

/** The validator of the beginning in `.part`, where it came from the same address. */
function readState(path: string, url: string): string | undefined {
  const state = readJsonOf<{ url: string; validator?: string }>(path, "url");
  return state?.url === url ? state.validator : undefined;
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
