/**
 * Feature maps on disk, addressed by content, bounded in bytes. Files are written under a temporary name and renamed,
 * so a reader never sees half of one; a file that does not check out is deleted and counts as absent.
 *
 * @module
 */
import { join } from "@std/path";
import { messageOf } from "../errors.ts";
import type { FeatureMap } from "../types.ts";

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
  ) {}

  #path(key: string): string {
    return join(this.dir, key.slice(0, 2), `${key}.scf`);
  }

  /** The maps stored under `key`, or undefined. */
  async get(key: string): Promise<FeatureMap[] | undefined> {
    if (this.maxBytes <= 0) return undefined;
    const path = this.#path(key);
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = await Deno.readFile(path);
    } catch {
      return undefined;
    }
    const maps = decode(bytes);
    if (maps === undefined) {
      await Deno.remove(path).catch(() => {});
      return undefined;
    }
    // The time of last use orders eviction; failing to note it only makes the order worse.
    await Deno.utime(path, new Date(), new Date()).catch(() => {});
    return maps;
  }

  /** Stores maps under `key`. A full or read-only disk turns the cache off with one line; it never fails a run. */
  async put(key: string, maps: readonly FeatureMap[]): Promise<void> {
    if (this.maxBytes <= 0 || this.#broken) return;
    const path = this.#path(key);
    const temporary = `${path}.${Deno.pid}.tmp`;
    try {
      const bytes = encode(maps, this.type);
      if (bytes.length > this.maxBytes) return;
      await Deno.mkdir(join(this.dir, key.slice(0, 2)), { recursive: true });
      await this.#makeRoom(bytes.length);
      await Deno.writeFile(temporary, bytes);
      await Deno.rename(temporary, path);
      this.#total += bytes.length - (this.#sizes!.get(path) ?? 0);
      this.#sizes!.set(path, bytes.length);
    } catch (error) {
      this.#broken = true;
      await Deno.remove(temporary).catch(() => {});
      this.log(`Feature cache on disk is off: cannot write "${path}": ${messageOf(error)}`);
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

function decode(bytes: Uint8Array<ArrayBuffer>): FeatureMap[] | undefined {
  try {
    if (new TextDecoder().decode(bytes.subarray(0, 4)) !== MAGIC) return undefined;
    const length = new DataView(bytes.buffer).getUint32(4, true);
    const header: Header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    const width = header.type === "float16" ? 2 : 4;
    let at = Math.ceil((8 + length) / 8) * 8;
    const total = header.maps.reduce((sum, map) => sum + map.length, 0);
    if (bytes.length !== at + total * width) return undefined;
    return header.maps.map(({ length, ...rest }) => {
      const data = header.type === "float16"
        ? Float32Array.from(new Float16Array(bytes.buffer, at, length))
        : new Float32Array(bytes.buffer, at, length);
      at += length * width;
      return { ...rest, data };
    });
  } catch {
    return undefined;
  }
}
