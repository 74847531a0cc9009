import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type Rows, writeMat } from "../../core/data/testing/mat_writer.ts";
import {
  cardOf,
  inputErrorOf,
  inTempFolder,
  openBenchmark,
  put,
  putPicture,
} from "../../core/data/testing/benchmark.ts";
import { encodePng } from "../../core/image/encode.ts";
import { sharedPath, sharedTest } from "../../core/testing/shared.ts";
import type { OptionValue } from "../../core/types.ts";
import { readSplit } from "./_lists.ts";
import plugin from "./mod.ts";

const open = (root: string, options: { [name: string]: OptionValue } = {}) =>
  openBenchmark(plugin, import.meta.url, root, options);

const HEADER = "source_image,target_image,class,XA,YA,XB,YB";
const KPS: { [name: string]: Rows } = {
  a: [[11, 21], [NaN, NaN], [31, 41], [5.5, 6.5]],
  b: [[12, 22], [13, 23], [NaN, NaN], [7, 8]],
  c: [[1, 1], [2, 2], [3, 3], [4, 4]],
};

async function fixture(folder: string): Promise<string> {
  const base = join(folder, "PF-dataset-PASCAL");
  for (const [name, kps] of Object.entries(KPS)) {
    await putPicture(join(base, "JPEGImages", `${name}.jpg`), 60, 50);
    put(join(base, "Annotations/bird", `${name}.mat`), writeMat({ kps, bbox: [[2, 3, 51, 41]] }));
  }
  return base;
}

function row(a: string, b: string, rest: string): string {
  return `PF-dataset-PASCAL/JPEGImages/${a}.jpg,PF-dataset-PASCAL/JPEGImages/${b}.jpg,3,${rest}`;
}

Deno.test("pf-pascal takes keypoints from .mat files: rows absent in either picture are dropped, one is subtracted", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder);
    put(join(folder, "test_pairs.csv"), `${HEADER}\n${row("a", "b", "9;9,9;9,9;9,9;9")}\n`);
    const { pairs, threshold, notes } = await open(folder);
    assertEquals([threshold, pairs.length], ["image", 1]);
    const pair = pairs[0]!;
    assertEquals([pair.id, pair.category, pair.keypoints], ["bird/a-b", "bird", ["0", "3"]]);
    assertEquals([...pair.points.source.xy], [10, 20, 4.5, 5.5]);
    assertEquals([...pair.points.target.xy], [11, 21, 6, 7]);
    assertEquals(pair.unmatched, { source: ["2"], target: ["1"] });
    assertEquals(pair.boxes!.target, { x1: 1, y1: 2, x2: 50, y2: 40 });
    assertEquals(pair.images.source.size, { width: 60, height: 50 });
    assert(notes[0]!.includes('1 pairs listed, the official split "test" has 299'));
  });
});

Deno.test("pf-pascal takes keypoints from the list where asked, with or without .mat files", async () => {
  await inTempFolder(async (folder) => {
    const base = await fixture(folder);
    put(join(base, "test_pairs_pf_pascal.csv"), `${HEADER}\n${row("a", "b", "2.5;3,4;5,6;7,8;9.25")}\n`);
    const withBoxes = await open(folder, { coordinates: "csv" });
    assertEquals([...withBoxes.pairs[0]!.points.source.xy], [1.5, 3, 2, 4]);
    assertEquals([...withBoxes.pairs[0]!.points.target.xy], [5, 7, 6, 8.25]);
    assert(withBoxes.pairs[0]!.boxes);
    Deno.removeSync(join(base, "Annotations"), { recursive: true });
    assertEquals((await open(folder, { coordinates: "csv" })).pairs[0]!.boxes, undefined);
    assert((await inputErrorOf(() => open(folder))).includes("with benchmark.coordinates=csv"));
  });
});

Deno.test("pf-pascal mirrors rows with flip=1: pictures, points and boxes", async () => {
  await inTempFolder(async (folder) => {
    const base = await fixture(folder);
    const data = new Uint8Array(60 * 50 * 3);
    data[0] = 200; // red of the top-left pixel
    put(join(base, "JPEGImages", "b.jpg"), await encodePng({ width: 60, height: 50, data }));
    put(
      join(folder, "trn_pairs.csv"),
      `source_image,target_image,class,flip\n${row("a", "b", "0")}\n${row("a", "b", "1")}\n`,
    );
    const { pairs } = await open(folder, { split: "trn" });
    const [plain, flipped] = [pairs[0]!, pairs[1]!];
    assertEquals([plain.id, flipped.id], ["bird/a-b", "bird/a-b-flip"]);
    assertEquals([...flipped.points.target.xy], [59 - 11, 21, 59 - 6, 7]);
    assertEquals(flipped.boxes!.source, { x1: 9, y1: 2, x2: 58, y2: 40 });
    const [image, mirror] = [await plain.images.target.load(), await flipped.images.target.load()];
    assertEquals([image.data[0], image.data[59 * 3], mirror.data[0], mirror.data[59 * 3]], [200, 0, 0, 200]);
    assert(image.sha256 !== mirror.sha256 && plain.images.target.id !== flipped.images.target.id);
  });
});

Deno.test("pf-pascal keeps repeated train rows apart and refuses repeated test rows", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder);
    put(
      join(folder, "train_pairs.csv"),
      `source_image,target_image,class,flip\n${row("a", "b", "0")}\n${row("a", "b", "0")}\n`,
    );
    assertEquals((await open(folder, { split: "trn" })).pairs.map(({ id }) => id), ["bird/a-b", "bird/a-b#2"]);
    const rows = `${HEADER}\n${row("a", "b", "1,1,1,1")}\n${row("a", "b", "1,1,1,1")}\n`;
    put(join(folder, "test_pairs.csv"), rows);
    assert((await inputErrorOf(() => open(folder))).includes('test_pairs.csv:3: pair id "bird/a-b" is there twice'));
  });
});

Deno.test("pf-pascal test-disjoint leaves out the test pairs of the train list", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder);
    put(join(folder, "train_pairs.csv"), `source_image,target_image,class,flip\n${row("a", "b", "1")}\n`);
    put(join(folder, "test_pairs.csv"), `${HEADER}\n${row("a", "b", "1,1,1,1")}\n${row("b", "a", "1,1,1,1")}\n`);
    const { pairs, split } = await open(folder, { split: "test-disjoint" });
    assertEquals([split, ...pairs.map(({ id }) => id)], ["test-disjoint", "bird/b-a"]);
  });
});

Deno.test("pf-pascal names file and field of bad rows and bad .mat files", async () => {
  await inTempFolder(async (folder) => {
    const base = await fixture(folder);
    const list = join(folder, "test_pairs.csv");
    const message = async (line: string, options = {}) => {
      put(list, `${HEADER}\n${line}\n`);
      return await inputErrorOf(() => open(folder, options));
    };
    const csv = { coordinates: "csv" };
    assert((await message(row("a", "b", "1;2,1,1,1"), csv)).startsWith(`${list}:2: "XA" has 2 numbers and "YA" 1`));
    assert((await message(row("a", "b", "1;2,1;2,1,1"), csv)).includes("has 2 source points and 1 target points"));
    assert((await message(row("a", "b", "1,1,NaN,1"), csv)).includes('"XB" holds "NaN"'));
    assert((await message(row("a", "no", "1,1,1,1"))).startsWith(`${list}:2: names the picture`));
    assert(
      (await message(row("a", "b", "1,1,1,1").replace(",3,", ",21,"))).includes('"class" is 21, a number from 1 to 20'),
    );
    const mat = join(base, "Annotations/bird/b.mat");
    const broken = async (variables: { [name: string]: Rows }) => {
      put(mat, writeMat(variables));
      return await message(row("a", "b", "1,1,1,1"));
    };
    const bbox: Rows = [[2, 3, 51, 41]];
    assert(
      (await broken({ kps: KPS["a"]!, bbox: [[2, 3, 2, 41]] })).startsWith(`Cannot read "${mat}": "bbox" has no area`),
    );
    assert((await broken({ kps: [[1, 2, 3]], bbox })).startsWith(`Cannot read "${mat}": "kps" is 1x3`));
    assert((await broken({ kps: KPS["a"]!.slice(1), bbox })).includes('"kps" has 4 rows'));
    assert((await broken({ kps: KPS["a"]!.map(() => [NaN, NaN]), bbox })).includes("has no common keypoint"));
    assert((await broken({ bbox })).includes('no variable "kps"'));
  });
});

sharedTest(
  "the real lists have the official counts, and 204 test pairs are free of train overlap",
  "data/PF-PASCAL-lists",
  async () => {
    const card = await cardOf(import.meta.url);
    const root = sharedPath("data/PF-PASCAL-lists");
    const counts = (["test", "val", "trn", "test-disjoint"] as const).map((split) =>
      readSplit(root, split, card).length
    );
    assertEquals(counts, [299, 308, 2940, 204]);
    const test = readSplit(root, "test", card).map(({ points }) => points!());
    assertEquals(test.reduce((sum, { source }) => sum + source.n, 0), 2414);
    assertEquals([Math.min(...test.map(({ source }) => source.n)), Math.max(...test.map(({ source }) => source.n))], [
      4,
      17,
    ]);
    assert(test.every(({ source, target }) => source.n === target.n));
  },
);

const RECORDED = "golden/protocols/pfpascal.json";

sharedTest(
  "the points of the real list are those the official evaluators saw",
  ["data/PF-PASCAL-lists", RECORDED],
  async () => {
    type Xy = readonly (readonly [number, number])[];
    interface Recorded {
      readonly category: string;
      readonly source_points: Xy;
      readonly target_points: Xy;
    }
    const { pairs } = JSON.parse(Deno.readTextFileSync(sharedPath(RECORDED))) as { pairs: Recorded[] };
    // Recorded in float32 and counted from 1.
    const key = (category: string, points: Iterable<number>) =>
      `${category} ${Array.from(points, (value) => Math.fround(value).toFixed(3)).join(" ")}`;
    const listed = readSplit(sharedPath("data/PF-PASCAL-lists"), "test", await cardOf(import.meta.url));
    const keys = new Set(listed.map(({ category, points }) => {
      const { source, target } = points!();
      return key(category, [...source.xy, ...target.xy].map((value) => value + 1));
    }));
    const found = pairs.filter((one) =>
      keys.has(key(one.category, [...one.source_points.flat(), ...one.target_points.flat()]))
    );
    assertEquals(found.length, pairs.length);
  },
);
