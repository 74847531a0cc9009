import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { inputErrorOf, inTempFolder, openBenchmark, put, putPicture } from "../../core/data/testing/benchmark.ts";
import type { OptionValue } from "../../core/types.ts";
import plugin from "./mod.ts";

const open = (root: string, options: { [name: string]: OptionValue } = {}) =>
  openBenchmark(plugin, import.meta.url, root, options);

async function pictures(folder: string): Promise<void> {
  for (const name of ["a", "b", "c"]) await putPicture(join(folder, `JPEGImages/cat/${name}.jpg`), 60, 40);
}

function annotate(folder: string, prefix: string, lines: readonly string[]): void {
  for (const line of lines) {
    const [, source, target] = line.split(/[-:]/);
    const annotation = {
      src_imname: `${source}.jpg`,
      trg_imname: `${target}.jpg`,
      src_imsize: [60, 40, 3],
      trg_imsize: [60, 40, 3],
      src_bndbox: [1, 2, 50, 39],
      trg_bndbox: [3, 4, 30, 38],
      category: "cat",
      src_kps: [[10, 11]],
      trg_kps: [[5, 6]],
      kps_ids: ["2"],
    };
    put(join(folder, `${prefix}PairAnnotation/test/${line}.json`), JSON.stringify(annotation));
  }
  for (const name of ["a", "b", "c"]) {
    const kps = { 0: name === "a" ? [1, 2] : null, 1: null, 2: [3, 4] };
    put(join(folder, `${prefix}ImageAnnotation/cat/${name}.json`), JSON.stringify({ kps }));
  }
}

const LINES = ["000001-a-b:cat", "000002-b-c:cat"];

Deno.test("spair-u reads annotations added to an SPair-71k folder, and counts listed pairs without one", async () => {
  await inTempFolder(async (folder) => {
    await pictures(folder);
    annotate(folder, "Extra", LINES);
    put(join(folder, "Layout/large/test.txt"), [...LINES, "000003-c-a:cat", ""].join("\n"));
    const { pairs, notes, threshold } = await open(folder);
    assertEquals([threshold, ...pairs.map(({ id }) => id)], ["box", ...LINES]);
    assertEquals(pairs[0]!.unmatched, { source: ["0"], target: [] });
    assertEquals(notes, ["1 listed pairs have no annotation file, as in the official release"]);
  });
});

Deno.test("spair-u is not confused by the PairAnnotation of SPair-71k beside it", async () => {
  await inTempFolder(async (folder) => {
    await pictures(folder);
    annotate(folder, "Extra", LINES.slice(1));
    annotate(folder, "", LINES);
    assertEquals((await open(folder)).pairs.map(({ id }) => id), LINES.slice(1));
  });
});

Deno.test("spair-u reads its own folder beside SPair-71k, without a list", async () => {
  await inTempFolder(async (folder) => {
    await pictures(join(folder, "SPair-71k"));
    annotate(join(folder, "SPair-U"), "", LINES);
    const fromAbove = await open(folder);
    assertEquals(fromAbove.pairs.length, 2);
    assertEquals(fromAbove.notes, ["no list of pairs: every annotation file is a pair"]);
    assertEquals((await open(join(folder, "SPair-U"))).sha256, fromAbove.sha256);
  });
});

Deno.test("spair-u takes pictures from the folder it is given, and says which one is missing", async () => {
  await inTempFolder(async (folder) => {
    annotate(join(folder, "u"), "", LINES);
    assert((await inputErrorOf(() => open(join(folder, "u")))).includes("the folder of SPair-71k pictures is missing"));
    await pictures(join(folder, "elsewhere"));
    assertEquals((await open(join(folder, "u"), { pictures: join(folder, "elsewhere") })).pairs.length, 2);
    assert(
      (await inputErrorOf(() => open(join(folder, "elsewhere")))).includes("the folder of pair annotations is missing"),
    );
  });
});

Deno.test("spair-u never takes the annotations of SPair-71k itself", async () => {
  await inTempFolder(async (folder) => {
    await pictures(folder);
    annotate(folder, "", LINES);
    assert((await inputErrorOf(() => open(folder))).includes("the folder of pair annotations is missing"));
  });
});
