/**
 * Getting the data of a benchmark: what the command `data` does.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import type { Benchmark, Card } from "../types.ts";
import { download, type Downloaded, type DownloadOptions } from "./download.ts";
import { exists } from "./root.ts";
import { dataPlan, type DataSource, kindOf } from "./sources.ts";
import { unpack, UnpackError, type UnpackLimits } from "./unpack.ts";

/** How to fetch. */
export interface FetchOptions extends Omit<DownloadOptions, "progress"> {
  /** Says one line. */
  readonly log?: (line: string) => void;
  /** `stage` is `download` or `unpack`; `total` is unknown while unpacking. */
  readonly progress?: (stage: "download" | "unpack", file: string, done: number, total: number | undefined) => void;
  /** Keeps archives after unpacking them. Default: they are removed, their record stays. */
  readonly keep?: boolean;
  readonly limits?: UnpackLimits;
  /** Opens the benchmark on a folder, to see whether all is there; the caller knows the plugins. */
  readonly open?: (root: string) => Promise<Benchmark>;
}

/** What is there now. */
export interface DataReport {
  readonly root: string;
  readonly files: readonly FetchedFile[];
  /** Pairs of the default split, once the benchmark opens. */
  readonly pairs?: number;
  /** What the benchmark says about its data: counts that differ, pairs left out. */
  readonly notes: readonly string[];
  /** What is still to be done; empty: the benchmark can be used. */
  readonly missing: readonly string[];
}

/** One source of the card. */
export interface FetchedFile extends Pick<Downloaded, "bytes" | "sha256" | "fetched" | "checked"> {
  readonly file: string;
  /** Files that came out of it; absent where it is no archive or had been unpacked before. */
  readonly unpacked?: number;
}

/** What of an archive is remembered after it was unpacked and removed. */
interface Marker {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Licence, size and addresses of a benchmark's data, for the user to read before the download starts. Sizes that the card
 * does not have are asked of the server.
 */
export async function describeData(card: Card, get: typeof fetch = fetch): Promise<string[]> {
  const { sources, manual } = dataPlan(card);
  const lines = [`${card.name}: ${card.summary}`, `licence: ${card.licence}`];
  for (const { url, bytes, note } of sources) {
    const size = bytes ?? await remoteSize(url, get);
    lines.push(`from ${url} (${size === undefined ? "size not told" : megabytes(size)})${note ? `; ${note}` : ""}`);
  }
  return [...lines, ...manual.map((line) => `by hand: ${line}`)];
}

/**
 * Downloads and unpacks what is not there yet, and checks what is: safe to call again after any interruption.
 *
 * @param dest the benchmark's data folder: what `benchmark.root` will be
 * @throws {InputError} naming address or file and the fault; what had been fetched before stays
 */
export async function fetchBenchmark(card: Card, dest: string, options: FetchOptions = {}): Promise<DataReport> {
  const { sources, manual } = dataPlan(card);
  Deno.mkdirSync(dest, { recursive: true });
  const files: FetchedFile[] = [];
  for (const source of sources) files.push(await fetchSource(source, dest, options));
  return { root: dest, files, ...await verify(dest, manual, options) };
}

/** The whole command: says what the data is, fetches it, says what is there. @returns whether the data is complete */
export async function dataCommand(card: Card, dest: string, options: FetchOptions = {}): Promise<boolean> {
  const log = options.log ?? (() => {});
  for (const line of await describeData(card, options.fetch)) log(line);
  const report = await fetchBenchmark(card, dest, options);
  for (const { file, bytes, sha256, fetched, checked } of report.files) {
    const origin = fetched ? "downloaded" : "was there";
    const sum = checked === "nothing" ? `sha256 ${sha256} recorded` : `${checked} agrees`;
    log(`${file}: ${origin}, ${megabytes(bytes)}, ${sum}`);
  }
  if (report.pairs !== undefined) log(`${report.pairs} pairs in "${report.root}"`);
  for (const note of report.notes) log(`note: ${note}`);
  for (const line of report.missing) log(`missing: ${line}`);
  return report.missing.length === 0;
}

async function fetchSource(source: DataSource, dest: string, options: FetchOptions): Promise<FetchedFile> {
  const { file, url, bytes, sha256 } = source;
  const progress = (done: number, total: number | undefined) => options.progress?.("download", file, done, total);
  if (source.unpack === undefined) {
    const done = await download({ url, dest: join(dest, file), bytes, sha256 }, { ...options, progress });
    return { file, bytes: done.bytes, sha256: done.sha256, fetched: done.fetched, checked: done.checked };
  }
  const archive = join(dest, ".downloads", file);
  const marker = `${archive}.unpacked.json`;
  const before = readMarker(marker);
  if (before && (sha256 === undefined || sha256 === before.sha256)) {
    return { file, ...before, fetched: false, checked: sha256 ? "given sha256" : "recorded sha256" };
  }
  const done = await download({ url, dest: archive, bytes, sha256 }, { ...options, progress });
  const unpacked = await unpackAll(source, archive, dest, options);
  Deno.writeTextFileSync(marker, `${JSON.stringify({ bytes: done.bytes, sha256: done.sha256 })}\n`);
  if (!options.keep) Deno.removeSync(archive);
  return { file, bytes: done.bytes, sha256: done.sha256, fetched: done.fetched, checked: done.checked, unpacked };
}

async function unpackAll(source: DataSource, archive: string, dest: string, options: FetchOptions): Promise<number> {
  const { log, limits } = options;
  const progress = (done: number) => options.progress?.("unpack", source.file, done, undefined);
  const unpackOptions = { progress, ...(limits ? { limits } : {}) };
  const outer = await unpackOrExplain(archive, dest, source, unpackOptions);
  let files = outer.files;
  const leftOut = [...outer.leftOut];
  for (const path of source.inner) {
    const inner = join(dest, path);
    const result = await unpack(inner, dirname(inner), kindOf(path), unpackOptions);
    files += result.files;
    leftOut.push(...result.leftOut);
    if (!options.keep) Deno.removeSync(inner);
  }
  if (leftOut.length > 0) log?.(`${source.file}: ${leftOut.length} entries left out (links or a desktop's own files)`);
  return files;
}

/** A damaged archive whose sum nobody knew will not become better: it is removed, so that the next try starts anew. */
async function unpackOrExplain(
  archive: string,
  dest: string,
  { unpack: kind, sha256, url }: DataSource,
  options: Parameters<typeof unpack>[3],
) {
  try {
    return await unpack(archive, dest, kind!, options);
  } catch (error) {
    // A refusal or a full disk says nothing about the bytes; neither does it help to fetch a file of the right sum again.
    const damaged = error instanceof InputError && !(error.cause instanceof UnpackError);
    if (!damaged || sha256 !== undefined) throw error;
    Deno.removeSync(archive);
    Deno.removeSync(`${archive}.json`);
    throw new InputError(`${error.message}; it came from ${url} and was removed`, { cause: error });
  }
}

async function verify(root: string, manual: readonly string[], { open }: FetchOptions) {
  if (!open) return { notes: [], missing: manual };
  try {
    const { pairs, notes } = await open(root);
    return { pairs: pairs.length, notes, missing: [] };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { notes: [], missing: [messageOf(error), ...manual] };
  }
}

async function remoteSize(url: string, get: typeof fetch): Promise<number | undefined> {
  try {
    const headers = { "accept-encoding": "identity" };
    const response = await get(url, { method: "HEAD", headers, signal: AbortSignal.timeout(10_000) });
    await response.body?.cancel();
    const length = response.headers.get("content-length");
    return response.ok && length !== null ? Number(length) : undefined;
  } catch (error) {
    // Not worth stopping for: the download itself will say what is wrong.
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

function readMarker(path: string): Marker | undefined {
  if (!exists(path)) return undefined;
  try {
    const { bytes, sha256 } = JSON.parse(Deno.readTextFileSync(path)) as Partial<Marker>;
    return typeof bytes === "number" && typeof sha256 === "string" ? { bytes, sha256 } : undefined;
  } catch (error) {
    // Half written when a process died: as good as not there.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function megabytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
