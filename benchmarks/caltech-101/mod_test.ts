import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { inputErrorOf, inTempFolder, openBenchmark, put, putPicture } from "../../core/data/testing/benchmark.ts";
import type { OptionValue } from "../../core/types.ts";
import plugin from "./mod.ts";

const open = (root: string, options: { [name: string]: OptionValue } = {}) =>
  openBenchmark(plugin, import.meta.url, root, options);

const HEADER = "source_image,target_image,class,XA,YA,XB,YB";
const path = (name: string) => `caltech-101/101_ObjectCategories/ant/${name}.jpg`;

async function fixture(folder: string, rows: readonly string[]): Promise<void> {
  await putPicture(join(folder, "101_ObjectCategories/ant/a.jpg"), 5, 4);
  await putPicture(join(folder, "101_ObjectCategories/ant/b.jpg"), 6, 3);
  put(join(folder, "test_pairs_caltech_with_category.csv"), [HEADER, ...rows, ""].join("\n"));
}

Deno.test("caltech-101 gives outlines and their filled masks, and no points", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder, [`${path("a")},${path("b")},8,"1,3,3,1","1,1,2,2","0.5,4.5,4.5","0,0,2"`]);
    const { pairs, threshold } = await open(folder);
    assertEquals([threshold, pairs.length], ["image", 1]);
    const pair = pairs[0]!;
    assertEquals([pair.id, pair.category, pair.points.source.n], ["ant/a-b", "ant", 0]);
    const { masks, outlines, size, flow } = await pair.dense!();
    assertEquals([size, flow], [{ width: 5, height: 4 }, undefined]);
    assertEquals([...outlines!.target.xy], [0.5, 0, 4.5, 0, 4.5, 2]);
    // The rectangle from (1, 1) to (3, 2), outline included.
    assertEquals([...masks!.source], [0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    // The triangle (0.5, 0), (4.5, 0), (4.5, 2): x runs from 0.5 + 2y to 4.5.
    assertEquals([...masks!.target], [0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
  });
});

Deno.test("caltech-101 names file, line and column of what is wrong", async () => {
  const good = '"1,3,3","1,1,2"';
  const rows: [string, string][] = [
    [`${path("a")},${path("no")},8,${good},${good}`, "names the picture"],
    [`${path("a")},b.jpg,8,${good},${good}`, 'column 2 is "b.jpg", category/file is needed'],
    [`${path("a")},${path("b")},8,"1,3,3","1,1",${good}`, "columns 4 and 5 have 3 and 2 numbers"],
    [`${path("a")},${path("b")},8,"1,3","1,1",${good}`, "columns 4 and 5 have 2 and 2 numbers"],
    [`${path("a")},${path("b")},8,${good},"1,x,3","1,1,2"`, "column 6 holds something that is no finite number"],
    [`${path("a")},${path("b")},8,${good},"1,2,3",`, "column 7 is empty"],
  ];
  for (const [row, message] of rows) {
    await inTempFolder(async (folder) => {
      await fixture(folder, [row]);
      const got = await inputErrorOf(() => open(folder));
      assert(got.startsWith(`${join(folder, "test_pairs_caltech_with_category.csv")}:2: ${message}`), got);
    });
  }
});

Deno.test("caltech-101 says which part of the folder is missing", async () => {
  await inTempFolder(async (folder) => {
    assert((await inputErrorOf(() => open(folder))).includes("the pair list is missing"));
  });
});

Deno.test("caltech-101 counts repeated rows again, says so, and its hash covers the outlines", async () => {
  const row = (x: number) => `${path("a")},${path("b")},8,"1,3,${x}","1,1,2","1,3,3","1,1,2"`;
  const hashOf = (rows: string[]) => inTempFolder(async (folder) => (await fixture(folder, rows), await open(folder)));
  const { pairs, notes } = await hashOf([row(3), row(3)]);
  assertEquals(pairs.map(({ id }) => id), ["ant/a-b", "ant/a-b#3"]);
  assert(notes.includes("1 rows of the list repeat an earlier pair; every row counts"));
  assert((await hashOf([row(3)])).sha256 !== (await hashOf([row(4)])).sha256);
});
