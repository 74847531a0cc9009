/**
 * Feature maps on disk, addressed by content, bounded in bytes. Files are written under a temporary name and renamed,
 * so a reader never sees half of one; a file that does not check out is deleted and counts as absent.
 *
 * @module
 */
import { join } from "@std/path";
import { messageOf } from "../errors.ts";
import type { FeatureMap } from "../types.ts";
import type { Loans } from "./loans.ts";

/** How descriptors are stored; coordinates are never stored as anything but float64 text. */
export type CacheType = "float32" | "float16";

const MAGIC = "SCF1";

type Header = { type: CacheType; maps: (Omit<FeatureMap, "data"> & { length: number })[] };

/** A bounded folder of feature files, oldest use evicted first. */
export class DiskCache {
  #sizes: Map<string, number> | undefined;
  #total = 0;
  #broken = false;

  constructor(
    readonly dir: string,
    readonly maxBytes: number,
    readonly type: CacheType,
    readonly log: (line: string) => void,
    readonly loans: Loans,
  ) {}

  #path(key: string): string {
    return join(this.dir, key.slice(0, 2), `${key}.scf`);
  }

  /** The maps stored under `key`, or undefined. Their memory belongs to {@linkcode loans}. */
  async get(key: string): Promise<FeatureMap[] | undefined> {
    if (this.maxBytes <= 0) return undefined;
    const path = this.#path(key);
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { read: true });
    } catch {
      return undefined;
    }
    let maps: FeatureMap[] | undefined;
    try {
      maps = await readMaps(file, this.loans);
    } finally {
      file.close();
    }
    if (maps === undefined) {
      await Deno.remove(path).catch(() => {});
      return undefined;
    }
    // The time of last use orders eviction; failing to note it only makes the order worse.
    await Deno.utime(path, new Date(), new Date()).catch(() => {});
    return maps;
  }

  /**
   * Stores maps under `key`. A full or read-only disk turns the cache off with one line; it never fails a run.
   *
   * @returns whether they lie there now.
   */
  async put(key: string, maps: readonly FeatureMap[]): Promise<boolean> {
    if (this.maxBytes <= 0 || this.#broken) return false;
    const path = this.#path(key);
    const temporary = `${path}.${Deno.pid}.tmp`;
    try {
      const bytes = encode(maps, this.type);
      if (bytes.length > this.maxBytes) return false;
      await Deno.mkdir(join(this.dir, key.slice(0, 2)), { recursive: true });
      await this.#makeRoom(bytes.length);
      await Deno.writeFile(temporary, bytes);
      await Deno.rename(temporary, path);
      this.#total += bytes.length - (this.#sizes!.get(path) ?? 0);
      this.#sizes!.set(path, bytes.length);
      return true;
    } catch (error) {
      this.#broken = true;
      await Deno.remove(temporary).catch(() => {});
      this.log(`Feature cache on disk is off: cannot write "${path}": ${messageOf(error)}`);
      return false;
    }
  }

  async #makeRoom(needed: number): Promise<void> {
    if (this.#sizes === undefined) {
      this.#sizes = new Map();
      for (const file of await listFiles(this.dir)) {
        this.#sizes.set(file.path, file.bytes);
        this.#total += file.bytes;
      }
    }
    if (this.#total + needed <= this.maxBytes) return;
    const files = await listFiles(this.dir);
    files.sort((a, b) => a.used - b.used);
    this.#total = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files) {
      // Ten percent below the bound, so that the next write does not walk the folder again.
      if (this.#total + needed <= 0.9 * this.maxBytes) break;
      await Deno.remove(file.path).catch(() => {});
      this.#sizes.delete(file.path);
      this.#total -= file.bytes;
    }
  }
}

async function listFiles(dir: string): Promise<{ path: string; bytes: number; used: number }[]> {
  const files: { path: string; bytes: number; used: number }[] = [];
  for (const sub of await names(dir)) {
    for (const name of await names(join(dir, sub))) {
      const path = join(dir, sub, name);
      try {
        const info = await Deno.stat(path);
        if (info.isFile) files.push({ path, bytes: info.size, used: info.mtime?.getTime() ?? 0 });
      } catch {
        // Another process evicted it meanwhile.
      }
    }
  }
  return files;
}

async function names(dir: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(dir))).map((entry) => entry.name);
  } catch {
    return [];
  }
}

function encode(maps: readonly FeatureMap[], type: CacheType): Uint8Array<ArrayBuffer> {
  const header: Header = { type, maps: maps.map(({ data, ...rest }) => ({ ...rest, length: data.length })) };
  const text = new TextEncoder().encode(JSON.stringify(header));
  // The payload starts at a multiple of 8 so that a view can be laid on it without copying.
  const start = Math.ceil((8 + text.length) / 8) * 8;
  const width = type === "float16" ? 2 : 4;
  const bytes = new Uint8Array(start + maps.reduce((sum, map) => sum + map.data.length, 0) * width);
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(4, text.length, true);
  bytes.set(text, 8);
  let at = start;
  for (const map of maps) {
    if (type === "float16") new Float16Array(bytes.buffer, at, map.data.length).set(map.data);
    else new Float32Array(bytes.buffer, at, map.data.length).set(map.data);
    at += map.data.length * width;
  }
  return bytes;
}

/** What a file holds; undefined where it does not check out. */
async function readMaps(file: Deno.FsFile, loans: Loans): Promise<FeatureMap[] | undefined> {
  const taken: ArrayBuffer[] = [];
  try {
    const start = await filled(file, new Uint8Array(8));
    if (new TextDecoder().decode(start.subarray(0, 4)) !== MAGIC) throw new Error("another kind of file");
    const textLength = new DataView(start.buffer).getUint32(4, true);
    const { size } = await file.stat();
    if (8 + textLength > size) throw new Error("cut off");
    // With the padding: values begin at a multiple of 8.
    const padded = Math.ceil((8 + textLength) / 8) * 8 - 8;
    const text = (await filled(file, new Uint8Array(padded))).subarray(0, textLength);
    const header: Header = JSON.parse(new TextDecoder().decode(text));
    const width = header.type === "float16" ? 2 : 4;
    if (size !== 8 + padded + header.maps.reduce((sum, map) => sum + map.length, 0) * width) throw new Error("cut off");
    const maps: FeatureMap[] = [];
    for (const { length, ...rest } of header.maps) {
      const buffer = loans.take(4 * length);
      taken.push(buffer);
      const data = new Float32Array(buffer, 0, length);
      // Halves lie in the second half of their place, so that each is read before a single is written over it.
      const place = (4 - width) * length;
      await filled(file, new Uint8Array(buffer, place, width * length));
      if (width === 2) widen(new Float16Array(buffer, place, length), data);
      maps.push({ ...rest, data });
    }
    return maps;
  } catch {
    for (const buffer of taken) loans.untake(buffer);
    return undefined;
  }
}

/** Fills bytes from a file. Throws where it ends before. */
async function filled(file: Deno.FsFile, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  for (let done = 0; done < bytes.length;) {
    const n = await file.read(bytes.subarray(done));
    if (n === null) throw new Error("cut off");
    done += n;
  }
  return bytes;
}

/** Copies upwards, one by one: `to` may begin before `from` in the same memory. */
function widen(from: Float16Array, to: Float32Array): void {
  for (let i = 0; i < to.length; i++) to[i] = from[i]!;
}
