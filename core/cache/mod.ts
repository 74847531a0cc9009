/**
 * The feature cache: memory first, disk behind it, both bounded, addressed by what the features were made from.
 *
 * @module
 */
import { type CacheType, DiskCache } from "./disk.ts";
import { sha256 } from "../sha256.ts";
import { Loans } from "./loans.ts";
import { Lru } from "./lru.ts";
import type { Backbone, ByteMap, FeatureMap, Image } from "../types.ts";

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
  const memory = new Lru<{ maps: FeatureMap[]; onDisk: boolean }>(options.memoryBytes);
  const byteMemory = new Lru<ByteMap[]>(options.memoryBytes);
  const pending = new Map<string, Promise<FeatureMap[]>>();
  const counts: CacheCounts = { computed: 0, fromMemory: 0, fromDisk: 0 };
  const keep = backbone.keep ?? "disk";

  async function remember(key: string, maps: FeatureMap[], onDisk: boolean): Promise<void> {
    for (const { key: oldest, value } of memory.set(key, { maps, onDisk }, bytesOf(maps))) {
      if (!value.onDisk) await disk.put(oldest, value.maps);
      for (const { data } of value.maps) loans.release(data.buffer);
    }
  }

  async function make(key: string, image: Image): Promise<FeatureMap[]> {
    const stored = await disk.get(key);
    if (stored !== undefined) {
      counts.fromDisk++;
      await remember(key, stored, true);
      return stored;
    }
    let maps = await backbone.extract(image);
    counts.computed++;
    if (options.type === "float16") maps = maps.map(throughHalf);
    if (keep === "disk") await disk.put(key, maps);
    await remember(key, maps, keep === "disk");
    return maps;
  }

  return {
    identity: backbone.identity,
    keep,
    counts,
    async extract(image) {
      loans.asked();
      const key = await cacheKey(image, backbone.identity, options.type);
      const entry = memory.get(key);
      if (entry !== undefined) {
        counts.fromMemory++;
        return entry.maps;
      }
      let promise = pending.get(key);
      if (promise === undefined) {
        promise = make(key, image).finally(() => pending.delete(key));
        pending.set(key, promise);
      }
      return await promise;
    },
    ...(backbone.extractBytes === undefined ? {} : {
      async extractBytes(image: Image) {
        const key = await cacheKey(image, backbone.identity, "bytes");
        let maps = byteMemory.get(key);
        if (maps === undefined) {
          maps = await backbone.extractBytes!(image);
          counts.computed++;
          byteMemory.set(key, maps, bytesOf(maps));
        } else counts.fromMemory++;
        return maps;
      },
    }),
    async close() {
      memory.clear();
      byteMemory.clear();
      await backbone.close?.();
    },
  };
}

function bytesOf(maps: readonly (FeatureMap | ByteMap)[]): number {
  return maps.reduce((sum, map) => sum + map.data.byteLength, 0);
}

function throughHalf(map: FeatureMap): FeatureMap {
  return { ...map, data: Float32Array.from(new Float16Array(map.data)) };
}

/** Hex sha256 over everything that decides the features of a picture. */
export async function cacheKey(image: Image, identity: string, type: CacheType | "bytes"): Promise<string> {
  return await sha256(`${image.sha256}\n${image.width}x${image.height}\n${identity}\n${type}`);
}
