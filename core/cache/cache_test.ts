import { assertEquals, assertNotEquals } from "@std/assert";
import { divideGrid, identityFrame } from "../frame.ts";
import type { Backbone, FeatureMap, Image } from "../types.ts";
import { cached, cacheKey, type CacheOptions } from "./mod.ts";

const image = (id: number): Image => ({
  width: 4,
  height: 2,
  data: new Uint8Array(24).fill(id),
  sha256: String(id),
  origin: `test:${id}`,
});

/** A backbone that counts its work: 8 floats per picture. */
function counting(keep: "memory" | "disk" = "disk"): Backbone & { calls: number[] } {
  const calls: number[] = [];
  return {
    identity: "counting v1",
    keep,
    calls,
    extract({ data, width, height }) {
      calls.push(data[0]!);
      const size = { width, height };
      const map: FeatureMap = {
        frame: identityFrame(size),
        grid: divideGrid(size, 2, 4, "half-pixel"),
        channels: 1,
        name: "only",
        data: Float32Array.from({ length: 8 }, (_, i) => data[0]! + i / 3),
      };
      return Promise.resolve([map]);
    },
  };
}

async function withDir(fn: (options: CacheOptions) => Promise<void>, rest: Partial<CacheOptions> = {}) {
  const dir = await Deno.makeTempDir();
  try {
    await fn({ dir, memoryBytes: 1 << 20, diskBytes: 1 << 20, type: "float32", log: () => {}, ...rest });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("cached() computes each picture once, equal requests in flight included", () =>
  withDir(async (options) => {
    const backbone = counting();
    const cache = cached(backbone, options);
    await Promise.all([cache.extract(image(1)), cache.extract(image(1))]);
    await cache.extract(image(1));
    assertEquals(backbone.calls, [1]);
  }));

Deno.test("cached() gives the same maps, bit for bit, from disk in a later process", () =>
  withDir(async (options) => {
    const first = await cached(counting(), options).extract(image(7));
    const backbone = counting();
    const again = cached(backbone, options);
    assertEquals(await again.extract(image(7)), first);
    assertEquals(backbone.calls, []);
    assertEquals(again.counts, { computed: 0, fromMemory: 0, fromDisk: 1 });
  }));

Deno.test("cached() spills what memory cannot hold, so that nothing is computed twice", () =>
  withDir(async (options) => {
    const backbone = counting("memory");
    const cache = cached(backbone, options);
    for (const id of [1, 2, 3, 1, 2, 3]) await cache.extract(image(id));
    assertEquals(backbone.calls, [1, 2, 3]);
  }, { memoryBytes: 40 }));

Deno.test("cached() holds maps that lie on disk in a quarter of its memory, others in the rest", () =>
  withDir(async (options) => {
    const order = [1, 2, 3, 4, 5, 6, 5, 6, 4];
    const backbone = counting();
    const cache = cached(backbone, options);
    for (const id of order) await cache.extract(image(id));
    assertEquals(cache.counts, { computed: 6, fromMemory: 2, fromDisk: 1 });
    // Where the disk is off, what memory gives up must be computed again.
    const alone = cached(backbone, { ...options, diskBytes: 0 });
    for (const id of order) await alone.extract(image(id));
    assertEquals(alone.counts, { computed: 6, fromMemory: 3, fromDisk: 0 });
  }, { memoryBytes: 8 * 32 }));

Deno.test("cached() recomputes a file that was cut off", () =>
  withDir(async (options) => {
    const first = await cached(counting(), options).extract(image(5));
    const key = await cacheKey(image(5), "counting v1", "float32");
    const path = `${options.dir}/${key.slice(0, 2)}/${key}.scf`;
    await Deno.truncate(path, 40);
    const backbone = counting();
    assertEquals(await cached(backbone, options).extract(image(5)), first);
    assertEquals(backbone.calls, [5]);
  }));

Deno.test("cached() stays under its bound on disk", () =>
  withDir(async (options) => {
    const cache = cached(counting(), options);
    for (let id = 0; id < 20; id++) await cache.extract(image(id));
    let bytes = 0;
    for await (const sub of Deno.readDir(options.dir)) {
      for await (const file of Deno.readDir(`${options.dir}/${sub.name}`)) {
        bytes += (await Deno.stat(`${options.dir}/${sub.name}/${file.name}`)).size;
      }
    }
    assertEquals(bytes <= options.diskBytes, true, `${bytes} bytes kept`);
    assertNotEquals(bytes, 0);
  }, { diskBytes: 2000 }));

Deno.test("cached() with float16 gives the same rounded values from memory and from disk", () =>
  withDir(async (options) => {
    const cache = cached(counting(), options);
    const fresh = await cache.extract(image(1));
    const stored = await cached(counting(), options).extract(image(1));
    assertEquals(stored, fresh);
    assertNotEquals(fresh[0]!.data[1], Math.fround(1 + 1 / 3));
  }, { type: "float16" }));

Deno.test("cached() keeps byte maps in memory, computed once each", () =>
  withDir(async (options) => {
    let calls = 0;
    const backbone: Backbone = {
      ...counting(),
      extractBytes: (picture) => {
        calls++;
        const size = { width: picture.width, height: picture.height };
        const lattice = { frame: identityFrame(size), grid: divideGrid(size, 2, 4, "half-pixel") };
        return Promise.resolve([{
          ...lattice,
          channels: 1,
          name: "bytes",
          data: new Uint8Array(8).fill(picture.data[0]!),
        }]);
      },
    };
    const cache = cached(backbone, options);
    for (const id of [1, 2, 1, 2]) assertEquals((await cache.extractBytes!(image(id)))[0]!.data[0], id);
    assertEquals(calls, 2);
    assertEquals("extractBytes" in cached(counting(), options), false);
  }));

Deno.test("cached() keeps what descriptors are made from in memory by its size, but not where it has to round", () =>
  withDir(async (options) => {
    let calls = 0;
    const backbone: Backbone = {
      ...counting(),
      extractParts: (picture) => {
        calls++;
        const size = { width: picture.width, height: picture.height };
        const lattice = { frame: identityFrame(size), grid: divideGrid(size, 2, 4, "half-pixel") };
        const name = `${picture.data[0]}`;
        return Promise.resolve([{ ...lattice, channels: 1, name, bytes: 40, open: () => Promise.reject(new Error()) }]);
      },
    };
    const cache = cached(backbone, options);
    for (const id of [1, 2, 2, 1]) assertEquals((await cache.extractParts!(image(id)))[0]!.name, `${id}`);
    // Room for one: the second request of 1 computes it again.
    assertEquals(calls, 3);
    assertEquals("extractParts" in cached(backbone, { ...options, type: "float16" }), false);
  }, { memoryBytes: 64 }));
