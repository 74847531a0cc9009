/**
 * Time of a warm feature cache: a ViT-B's map of an 840 x 840 picture (60 x 60 cells of 768 channels) read from disk by
 * a process that has nothing in memory. The file is in the operating system's own cache, as it is when a run is repeated.
 */
import { divideGrid, identityFrame } from "../frame.ts";
import type { Backbone, Image } from "../types.ts";
import type { CacheType } from "./disk.ts";
import { Loans } from "./loans.ts";
import { cached } from "./mod.ts";

const CELLS = 60;
const CHANNELS = 768;
const size = { width: 840, height: 840 };

const image: Image = { ...size, data: new Uint8Array(3 * 840 * 840), sha256: "bench", origin: "bench" };

const backbone: Backbone = {
  identity: "bench v1",
  extract: () => {
    const data = Float32Array.from({ length: CELLS * CELLS * CHANNELS }, (_, i) => Math.sin(i));
    const grid = divideGrid(size, CELLS, CELLS, "half-pixel");
    return Promise.resolve([{ name: "token12", frame: identityFrame(size), grid, channels: CHANNELS, data }]);
  },
};

const none: Backbone = {
  ...backbone,
  extract: () => Promise.reject(new Error("the map must come from the disk")),
};

for (const type of ["float32", "float16"] as CacheType[]) {
  const dir = await Deno.makeTempDir();
  globalThis.addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
  const options = { dir, memoryBytes: 0, diskBytes: 1e9, type, log: console.error };
  // As a run asks for them: more pictures than memory holds, borrowed by the calls of a method.
  const loans = new Loans();
  const run = cached(none, { ...options, loans });
  const pictures = Array.from({ length: 12 }, (_, i) => ({ ...image, sha256: `bench ${i}` }));
  for (const picture of pictures) await cached(backbone, options).extract(picture);
  let at = 0;
  Deno.bench(`a stored map of 60 x 60 x 768, ${type}`, async () => {
    await loans.during(() => run.extract(pictures[at++ % pictures.length]!));
  });
}
