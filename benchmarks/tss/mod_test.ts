import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { inputErrorOf, inTempFolder, openBenchmark, put, putPicture } from "../../core/data/testing/benchmark.ts";
import { encodePng } from "../../core/image/encode.ts";
import type { OptionValue } from "../../core/types.ts";
import plugin from "./mod.ts";

const open = (root: string, options: { [name: string]: OptionValue } = {}) =>
  openBenchmark(plugin, import.meta.url, root, options);

const SIZES = { 1: [3, 2], 2: [4, 5] } as const;

/** One pair folder: flow1 is (1, 2) everywhere, flow2 (-1, -2); masks have 255, 254 and 0. */
async function pair(folder: string): Promise<void> {
  for (const k of [1, 2] as const) {
    const [width, height] = SIZES[k];
    await putPicture(join(folder, `image${k}.png`), width, height);
    const values = [255, 254, 0, 255];
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => values[Math.floor(i / 3) % 4]!);
    put(join(folder, `mask${k}.png`), await encodePng({ width, height, data }));
    const flow = new Float32Array(2 * width * height).map((_, i) => (i % 2 === 0 ? 1 : 2) * (k === 1 ? 1 : -1));
    put(join(folder, `flow${k}.flo`), flo(width, height, flow));
  }
}

function flo(width: number, height: number, data: Float32Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.byteLength);
  const view = new DataView(bytes.buffer);
  view.setFloat32(0, 202021.25, true);
  view.setInt32(4, width, true);
  view.setInt32(8, height, true);
  data.forEach((value, i) => view.setFloat32(12 + 4 * i, value, true));
  return bytes;
}

async function fixture(folder: string): Promise<void> {
  for (const group of ["FG3DCar", "JODS", "PASCAL"]) await pair(join(folder, group, "p0"));
}

Deno.test("tss gives both directions of every pair in the three groups", async () => {
  await inTempFolder(async (folder) => {
    await fixture(join(folder, "TSS_CVPR2016"));
    const { pairs, threshold, notes } = await open(folder);
    assertEquals(threshold, "image");
    assertEquals(
      pairs.map(({ id }) => id),
      ["FG3DCar", "JODS", "PASCAL"].flatMap((g) => [`${g}/p0/1-2`, `${g}/p0/2-1`]),
    );
    assertEquals(pairs.map(({ category }) => category).slice(0, 3), ["FG3DCar", "FG3DCar", "JODS"]);
    assertEquals([pairs[0]!.images.source.id, pairs[1]!.images.source.id], [
      "FG3DCar/p0/image1.png",
      "FG3DCar/p0/image2.png",
    ]);
    assertEquals(notes, ['6 pairs listed, the official split "all" has 800: numbers are not comparable']);
    const one = await open(join(folder, "TSS_CVPR2016"), { group: "JODS" });
    assertEquals([one.split, one.pairs.length], ["JODS", 2]);
  });
});

Deno.test("tss flow is a position in the target, on the source's pixels, and NaN where the source mask is not 255", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder);
    const { pairs } = await open(folder, { group: "JODS" });
    const forth = await pairs[0]!.dense!();
    assertEquals(forth.size, { width: 3, height: 2 });
    assertEquals([...forth.masks!.source], [1, 0, 0, 1, 1, 0]);
    assertEquals(forth.masks!.target.length, 20);
    // Pixels (0, 0), (0, 1) and (1, 1) are foreground; the target lies one to the right and two below.
    assertEquals([...forth.flow!], [1, 2, NaN, NaN, NaN, NaN, 1, 3, 2, 3, NaN, NaN]);
    const back = await pairs[1]!.dense!();
    assertEquals(back.size, { width: 4, height: 5 });
    assertEquals([...back.flow!.subarray(0, 8)], [-1, -2, NaN, NaN, NaN, NaN, 2, -2]);
  });
});

Deno.test("tss names a missing file, a missing group and a flow of another size", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder);
    const jods = join(folder, "JODS", "p0");
    put(join(jods, "flow1.flo"), flo(2, 1, new Float32Array(4)));
    const { pairs } = await open(folder, { group: "JODS" });
    assertEquals(
      await inputErrorOf(() => pairs[0]!.dense!()),
      `${join(jods, "flow1.flo")}: the flow is 2x1, its picture 3x2`,
    );
    Deno.removeSync(join(jods, "mask2.png"));
    assert((await inputErrorOf(() => open(folder))).startsWith(`${jods}: "mask2.png" is missing`));
    Deno.removeSync(join(folder, "JODS"), { recursive: true });
    assert((await inputErrorOf(() => open(folder))).includes('has no folder "JODS"'));
    assert(
      (await inputErrorOf(() => open(join(folder, "PASCAL")))).includes(
        "has none of the folders FG3DCar, JODS, PASCAL",
      ),
    );
  });
});
