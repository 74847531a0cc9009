/**
 * The feature cache: memory first, disk behind it, both bounded, addressed by what the features were made from.
 *
 * @module
 */
import { type CacheType, DiskCache } from "./disk.ts";
import { sha256 } from "../sha256.ts";
import { Loans } from "./loans.ts";
import { Lru } from "./lru.ts";
import type { Backbone, ByteMap, FeatureMap, Image, PartMap } from "../types.ts";

/** Bounds and place of the cache. */
export interface CacheOptions {
  readonly dir: string;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly type: CacheType;
  readonly log: (line: string) => void;
  /** Who borrows maps and when they are done, so that memory is used again; absent: it is left to the garbage collector. */
  readonly loans?: Loans;
}

/**
 * The share of memory for maps that also lie on disk. Reading one again takes a few milliseconds, while keeping it takes
 * fresh memory, which may cost far more where pages are dear, and which the system holds already as its copy of the file.
 */
const STORED_SHARE = 1 / 4;

/** What the cache did, for the run's summary. */
export interface CacheCounts {
  computed: number;
  fromMemory: number;
  fromDisk: number;
}

/** A backbone behind the cache. */
export interface CachedBackbone extends Backbone {
  readonly counts: CacheCounts;
}

/**
 * Wraps a backbone so that each picture's features are computed once: the key is sha256(picture, its size, backbone
 * identity, storage type). Equal requests in flight share one computation.
 *
 * With float16 storage every map passes through half precision, kept in memory or not, so that a run's numbers do not
 * depend on what happened to be evicted.
 */
export function cached(backbone: Backbone, options: CacheOptions): CachedBackbone {
  const loans = options.loans ?? new Loans();
  const disk = new DiskCache(options.dir, options.diskBytes, options.type, options.log, loans);
  const stored = new Lru<FeatureMap[]>(options.memoryBytes * STORED_SHARE);
  const memory = new Lru<FeatureMap[]>(options.memoryBytes * (1 - STORED_SHARE));
  const byteMemory = new Lru<ByteMap[]>(options.memoryBytes);
  const partMemory = new Lru<PartMap[]>(options.memoryBytes);
  const pending = new Map<string, Promise<FeatureMap[]>>();
  const counts: CacheCounts = { computed: 0, fromMemory: 0, fromDisk: 0 };
  const keep = backbone.keep ?? "disk";

  function rememberStored(key: string, maps: FeatureMap[]): void {
    for (const { value } of stored.set(key, maps, bytesOf(maps))) {
      for (const { data } of value) loans.release(data.buffer);
    }
  }

  async function make(key: string, image: Image): Promise<FeatureMap[]> {
    const found = await disk.get(key);
    if (found !== undefined) {
      counts.fromDisk++;
      rememberStored(key, found);
      return found;
    }
    let maps = await backbone.extract(image);
    counts.computed++;
    if (options.type === "float16") maps = maps.map(throughHalf);
    if (keep === "disk" && await disk.put(key, maps)) rememberStored(key, maps);
    else {
      for (const { key: oldest, value } of memory.set(key, maps, bytesOf(maps))) {
        if (keep === "memory") await disk.put(oldest, value);
      }
    }
    return maps;
  }

  /** What lies in memory only. */
  async function held<T extends ByteMap | PartMap>(
    image: Image,
    form: "bytes" | "parts",
    lru: Lru<T[]>,
    compute: (image: Image) => Promise<T[]>,
  ): Promise<T[]> {
    const key = await cacheKey(image, backbone.identity, form);
    let maps = lru.get(key);
    if (maps === undefined) {
      maps = await compute(image);
      counts.computed++;
      lru.set(key, maps, bytesOf(maps));
    } else counts.fromMemory++;
    return maps;
  }

  return {
    identity: backbone.identity,
    keep,
    counts,
    async extract(image) {
      loans.asked();
      const key = await cacheKey(image, backbone.identity, options.type);
      const held = stored.get(key) ?? memory.get(key);
      if (held !== undefined) {
        counts.fromMemory++;
        return held;
      }
      let promise = pending.get(key);
      if (promise === undefined) {
        promise = make(key, image).finally(() => pending.delete(key));
        pending.set(key, promise);
      }
      return await promise;
    },
    ...(backbone.extractBytes === undefined ? {} : {
      extractBytes: (image: Image) => held(image, "bytes", byteMemory, (picture) => backbone.extractBytes!(picture)),
    }),
    // Parts are never stored, so they would miss the rounding that a run with float16 asks for.
    ...(backbone.extractParts === undefined || options.type === "float16" ? {} : {
      extractParts: (image: Image) => held(image, "parts", partMemory, (picture) => backbone.extractParts!(picture)),
    }),
    async close() {
      stored.clear();
      memory.clear();
      byteMemory.clear();
      partMemory.clear();
      await backbone.close?.();
    },
  };
}

function bytesOf(maps: readonly (FeatureMap | ByteMap | PartMap)[]): number {
  return maps.reduce((sum, map) => sum + ("data" in map ? map.data.byteLength : map.bytes), 0);
}

function throughHalf(map: FeatureMap): FeatureMap {
  return { ...map, data: Float32Array.from(new Float16Array(map.data)) };
}

/** Hex sha256 over everything that decides the features of a picture. */
export async function cacheKey(image: Image, identity: string, type: CacheType | "bytes" | "parts"): Promise<string> {
  return await sha256(`${image.sha256}\n${image.width}x${image.height}\n${identity}\n${type}`);
}
