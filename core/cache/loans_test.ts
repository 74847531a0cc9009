import { assertEquals, assertRejects } from "@std/assert";
import { divideGrid, identityFrame } from "../frame.ts";
import type { Backbone, FeatureMap, Image, Method } from "../types.ts";
import { BufferPool } from "./buffers.ts";
import { borrowing, Loans } from "./loans.ts";
import { cached, type CachedBackbone } from "./mod.ts";

const size = { width: 4, height: 2 };
const image = (id: number): Image => ({ ...size, data: new Uint8Array(24), sha256: String(id), origin: `test:${id}` });
const valuesOf = (id: number) => Float32Array.from({ length: 8 }, (_, i) => 10 * id + i);

/** Maps of pictures 0 to 9 on disk, behind a cache whose memory holds one of them. */
async function withStored(
  run: (cache: CachedBackbone, loans: Loans, read: (id: number) => Promise<Float32Array>) => Promise<void>,
  type: "float32" | "float16" = "float32",
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const options = { dir, memoryBytes: 0, diskBytes: 1 << 20, type, log: () => {} };
  const backbone: Backbone = {
    identity: "stored v1",
    extract: ({ sha256 }) => {
      const lattice = { frame: identityFrame(size), grid: divideGrid(size, 2, 4, "half-pixel") };
      return Promise.resolve<FeatureMap[]>([{ ...lattice, channels: 1, name: "m", data: valuesOf(Number(sha256)) }]);
    },
  };
  try {
    for (let id = 0; id < 10; id++) await cached(backbone, options).extract(image(id));
    const loans = new Loans();
    const cache = cached(backbone, { ...options, loans });
    await run(cache, loans, async (id) => (await cache.extract(image(id)))[0]!.data);
    assertEquals(cache.counts.computed, 0, "the maps must come from the disk");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("BufferPool gives released memory again where it fits, and detaches forgotten views", () => {
  const pool = new BufferPool(100);
  const forgotten = new Uint8Array(pool.take(50)).fill(7);
  pool.give(forgotten.buffer);
  assertEquals(forgotten.length, 0);
  // Fresh memory would be zero. Of 50 bytes, 30 are too few to spend them on and 60 are too many.
  assertEquals(new Uint8Array(pool.take(30)), new Uint8Array(30));
  assertEquals(new Uint8Array(pool.take(60)), new Uint8Array(60));
  assertEquals(new Uint8Array(pool.take(45)), new Uint8Array(50).fill(7));
  assertEquals(new Uint8Array(pool.take(45)), new Uint8Array(45));
});

Deno.test("BufferPool keeps no more than its bound", () => {
  const pool = new BufferPool(100);
  for (const value of [1, 2, 3]) pool.give(new Uint8Array(50).fill(value).buffer);
  const taken = [1, 2, 3].map(() => new Uint8Array(pool.take(50))[0]!);
  assertEquals(taken.toSorted(), [0, 1, 2]);
});

for (const type of ["float32", "float16"] as const) {
  Deno.test(`a call keeps its maps until it ends, then their memory is used again (${type})`, () =>
    withStored(async (_, loans, read) => {
      let before: Float32Array[] = [];
      for (let call = 0; call < 4; call++) {
        const ids = [call, call + 1, call + 5];
        await loans.during(async () => {
          // Reads end in any order: memory holds whichever map came last.
          if (call > 0) assertEquals(before.map(({ length }) => length).toSorted(), [0, 0, 8]);
          const maps = await Promise.all(ids.map(read));
          assertEquals(maps, ids.map(valuesOf));
          before = maps;
        });
      }
    }, type));
}

Deno.test("a call that runs beside others keeps its maps until the last one ends", () =>
  withStored(async (_, loans, read) => {
    const reading = Promise.withResolvers<void>(), done = Promise.withResolvers<void>();
    const slow = loans.during(async () => {
      const map = await read(1);
      reading.resolve();
      await done.promise;
      assertEquals(map, valuesOf(1));
      return map;
    });
    await reading.promise;
    for (const id of [2, 3, 4, 5]) await loans.during(async () => assertEquals(await read(id), valuesOf(id)));
    done.resolve();
    assertEquals((await slow).length, 0);
  }));

Deno.test("memory is not used again where a reader may be left", () =>
  withStored(async (_, loans, read) => {
    const kept: Float32Array[] = [];
    // A failed call: a part of it that nobody waits for may still read its map.
    await assertRejects(() =>
      loans.during(async () => {
        kept.push(await read(1));
        throw new Error("refused");
      })
    );
    for (const id of [2, 3, 4]) await loans.during(async () => assertEquals(await read(id), valuesOf(id)));
    assertEquals(kept, [valuesOf(1)]);
    // Somebody outside of all calls, whose end is not known.
    kept.push(await read(6));
    for (const id of [7, 8, 9]) await loans.during(async () => assertEquals(await read(id), valuesOf(id)));
    assertEquals(kept, [valuesOf(1), valuesOf(6)]);
  }));

Deno.test("memory of a map that the cache still holds is not used again", () =>
  withStored(async (cache, loans, read) => {
    const map = await loans.during(() => read(1));
    await loans.during(async () => assertEquals(await read(1), valuesOf(1)));
    assertEquals(map, valuesOf(1));
    assertEquals(cache.counts, { computed: 0, fromMemory: 1, fromDisk: 1 });
  }));

Deno.test("borrowing() makes every call of a method a borrower and keeps what the method says of itself", () =>
  withStored(async (_, loans, read) => {
    const seen: Float32Array[] = [];
    const method: Method = {
      identity: "i",
      correspond: async () => {
        seen.push(await read(1));
        return { n: 0, xy: new Float64Array(), score: new Float32Array() };
      },
      flow: async () => {
        seen.push(await read(2), await read(3));
        const lattice = { frame: identityFrame(size), grid: divideGrid(size, 1, 1, "half-pixel") };
        return { source: lattice, target: lattice, data: new Float32Array(2) };
      },
    };
    const lent = borrowing(method, loans);
    const points = { n: 0, xy: new Float64Array() };
    await lent.correspond(image(0), image(0), points);
    await lent.flow!(image(0), image(0));
    // Picture 3 is in memory still.
    assertEquals(seen.map(({ length }) => length), [0, 0, 8]);
    assertEquals([lent.identity, "meaningless" in lent], ["i", false]);
    const { flow: _flow, ...pointsOnly } = method;
    assertEquals("flow" in borrowing(pointsOnly, loans), false);
  }));
