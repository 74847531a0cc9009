import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { inputErrorOf, inTempFolder, openBenchmark, put, putPicture } from "../../core/data/testing/benchmark.ts";
import { sharedPath, sharedTest } from "../../core/testing/shared.ts";
import type { OptionValue } from "../../core/types.ts";
import plugin from "./mod.ts";

const open = (root: string, options: { [name: string]: OptionValue } = {}) =>
  openBenchmark(plugin, import.meta.url, root, options);

const LINE = "000001-a-b:cat";

/** The annotation of `a.jpg` (60x40) -> `b.jpg` (40x60), with the fields of the release. */
const annotation = {
  filename: LINE,
  pair_id: 1,
  src_imname: "a.jpg",
  trg_imname: "b.jpg",
  src_imsize: [60, 40, 3],
  trg_imsize: [40, 60, 3],
  src_bndbox: [1, 2, 50, 39],
  trg_bndbox: [3, 4, 30, 50],
  category: "cat",
  src_pose: "Left",
  trg_pose: "Unspecified",
  src_kps: [[10, 11], [20, 21], [30, 31]],
  trg_kps: [[5, 6], [7, 8], [9, 10]],
  kps_ids: ["0", "4", "12"],
  mirror: 0,
  viewpoint_variation: 2,
  scale_variation: 0,
  truncation: 3,
  occlusion: 1,
};

type Changes = { readonly [field in keyof typeof annotation]?: unknown };

async function fixture(folder: string, changes: Changes = {}, split = "test"): Promise<string> {
  await putPicture(join(folder, "JPEGImages/cat/a.jpg"), 60, 40);
  await putPicture(join(folder, "JPEGImages/cat/b.jpg"), 40, 60);
  put(join(folder, `Layout/large/${split}.txt`), `${LINE}\n`);
  put(join(folder, `Layout/small/${split}.txt`), `${LINE}\n`);
  const path = join(folder, `PairAnnotation/${split}/${LINE}.json`);
  put(path, JSON.stringify({ ...annotation, ...changes }));
  return path;
}

Deno.test("spair-71k reads points, boxes, sizes, ids and the four difficulty fields", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder);
    const { pairs, threshold, split } = await open(folder);
    assertEquals([threshold, split, pairs.length], ["box", "test", 1]);
    const pair = pairs[0]!;
    assertEquals([pair.id, pair.category, pair.keypoints], [LINE, "cat", ["0", "4", "12"]]);
    assertEquals([...pair.points.source.xy], [10, 11, 20, 21, 30, 31]);
    assertEquals([...pair.points.target.xy], [5, 6, 7, 8, 9, 10]);
    assertEquals(pair.boxes!.target, { x1: 3, y1: 4, x2: 30, y2: 50 });
    assertEquals(pair.difficulty, { viewpoint: 2, scale: 0, truncation: 3, occlusion: 1 });
    assertEquals(pair.images.target.size, { width: 40, height: 60 });
    assertEquals((await pair.images.target.load()).height, 60);
    assertEquals(pair.unmatched, undefined);
  });
});

Deno.test("spair-71k tells keypoints visible in one picture only where ImageAnnotation is there", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder);
    const kps = (...ids: number[]) =>
      JSON.stringify({
        kps: Object.fromEntries(Array.from({ length: 30 }, (_, i) => [i, ids.includes(i) ? [1, 2] : null])),
      });
    put(join(folder, "ImageAnnotation/cat/a.json"), kps(0, 4, 12, 20));
    put(join(folder, "ImageAnnotation/cat/b.json"), kps(0, 1, 2, 4, 12));
    assertEquals((await open(folder)).pairs[0]!.unmatched, { source: ["20"], target: ["1", "2"] });
  });
});

Deno.test("spair-71k opens every split and layout, from the folder or the one above", async () => {
  for (const split of ["trn", "val", "test"]) {
    await inTempFolder(async (folder) => {
      await fixture(join(folder, "SPair-71k"), {}, split);
      assertEquals((await open(folder, { split })).split, split);
      const small = await open(join(folder, "SPair-71k"), { split, layout: "small" });
      assertEquals([small.split, small.notes], [`${split}-small`, []]);
      const other = split === "trn" ? "val" : "trn";
      assert(
        (await inputErrorOf(() => open(folder, { split: other }))).includes(`the list of split "${other}" is missing`),
      );
    });
  }
});

const BAD: [Changes, string][] = [
  [{ trg_kps: [[5, 6], [7, 8]] }, '"src_kps" has 3 points and "trg_kps" 2'],
  [{ src_kps: [[1, 2], [3, null], [5, 6]] }, '"src_kps[1]" is not a point of two finite numbers'],
  [{ kps_ids: ["0"] }, '"kps_ids" has 1 ids, "src_kps" 3 points'],
  [{ trg_bndbox: [3, 4, 3, 50] }, '"trg_bndbox" has no area: 3,4 to 3,50'],
  [{ src_bndbox: [1, 2, 3] }, '"src_bndbox" is a list of 3, 4 finite numbers is needed'],
  [{ trg_imname: "no.jpg" }, '"trg_imname": names the picture'],
  [{ trg_imname: "../b.jpg" }, '"trg_imname" is "../b.jpg", a file name without folders is needed'],
  [{ src_imsize: [0, 40, 3] }, '"src_imsize" is a list of 3, width and height of the picture is needed'],
  [{ category: "dog" }, '"category" is "dog", the list says "cat"'],
  [{ truncation: 4 }, '"truncation" is 4, a level from 0 to 3 is needed'],
  [{ src_kps: undefined }, '"src_kps" is missing'],
];

for (const [changes, message] of BAD) {
  Deno.test(`spair-71k names file and field: ${message}`, async () => {
    await inTempFolder(async (folder) => {
      const path = await fixture(folder, changes);
      const got = await inputErrorOf(() => open(folder));
      assert(got.startsWith(`${path}: ${message}`), got);
    });
  });
}

Deno.test("spair-71k finds a size that disagrees with the file when the picture is loaded", async () => {
  await inTempFolder(async (folder) => {
    const path = await fixture(folder, { src_imsize: [61, 40, 3] });
    const { pairs } = await open(folder);
    const got = await inputErrorOf(() => pairs[0]!.images.source.load());
    assert(got.startsWith(`${path}: "src_imname": the size of "cat/a.jpg" is 61x40, the file`), got);
  });
});

Deno.test("spair-71k names a listed pair without a file, a doubled line and a malformed one", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder);
    const list = join(folder, "Layout/large/test.txt");
    put(list, `${LINE}\n000002-a-b:cat\n`);
    assert((await inputErrorOf(() => open(folder))).includes('000002-a-b:cat.json": no such file'));
    const rest = await open(folder, { incomplete: "skip" });
    assert(rest.notes.some((note) => note.startsWith("1 of 2 pairs left out")), rest.notes.join());
    put(list, `${LINE}\n${LINE}\n`);
    assert((await inputErrorOf(() => open(folder))).startsWith(`${list}:2: pair id "${LINE}" is there twice`));
    put(list, "../../x:cat\n");
    assert((await inputErrorOf(() => open(folder))).startsWith(`${list}:1: "../../x:cat" is no pair`));
  });
});

sharedTest("spair-71k reads three real pairs and their pictures", "data/SPair-71k", async () => {
  const { pairs, notes } = await open(sharedPath("data/SPair-71k"));
  assertEquals(pairs.map(({ category }) => category), ["motorbike", "dog", "aeroplane"]);
  assertEquals(notes, ['3 pairs listed, the official split "test" has 12234: numbers are not comparable']);
  for (const { images } of pairs) {
    for (const image of [images.source, images.target]) assertEquals((await image.load()).width, image.size!.width);
  }
  assertEquals([...pairs[1]!.points.source.xy.subarray(0, 4)], [182, 125, 196, 142]);
});
