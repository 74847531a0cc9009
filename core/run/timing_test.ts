import { assert, assertEquals } from "@std/assert";
import { MemoryWatch, readTiming, writeTiming } from "./timing.ts";

Deno.test("MemoryWatch sees memory that is given back before the end", async () => {
  using watch = new MemoryWatch();
  {
    let held: Uint8Array | undefined = new Uint8Array(256 << 20);
    // Pages count once they are written.
    for (let i = 0; i < held.length; i += 4096) held[i] = 1;
    await new Promise((resolve) => setTimeout(resolve, 60));
    assertEquals(held[4096], 1);
    held = undefined;
  }
  assert(watch.peak - watch.start > 200 << 20, `${watch.start} -> ${watch.peak}`);
});

Deno.test("timing.json is read as it was written, and absent where no process wrote one", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assertEquals(await readTiming(folder), undefined);
    using memory = new MemoryWatch();
    const cache = { computed: 4, fromDisk: 1, fromMemory: 2 };
    await writeTiming(folder, { ms: 500, pairs: 2, memory, cache });
    const timing = (await readTiming(folder))!;
    assertEquals([timing.seconds, timing.pairs, timing.pairsPerSecond, timing.cache], [0.5, 2, 4, cache]);
    assert(timing.peakMemoryMiB >= timing.startMemoryMiB && timing.startMemoryMiB > 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
