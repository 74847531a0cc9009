import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type Rows, writeMat } from "../../core/data/testing/mat_writer.ts";
import { inputErrorOf, inTempFolder, openBenchmark, put, putPicture } from "../../core/data/testing/benchmark.ts";
import { sharedPath, sharedTest } from "../../core/testing/shared.ts";
import type { OptionValue } from "../../core/types.ts";
import plugin from "./mod.ts";

const open = (root: string, options: { [name: string]: OptionValue } = {}) =>
  openBenchmark(plugin, import.meta.url, root, options);

/** Keypoints of picture `k`, counted from 1 as the files have them. */
const xs = (k: number) => Array.from({ length: 10 }, (_, i) => 2 + i + k + 0.25);
const ys = () => Array.from({ length: 10 }, (_, i) => 3 + 2 * i);
const HEADER = ["imageA", "imageB", ...["XA", "YA", "XB", "YB"].flatMap((n) => xs(0).map((_, i) => `${n}${i + 1}`))];

/** Two sub-sets, of two and three pictures of 40x30 pixels. */
async function fixture(folder: string, images = "PF-dataset-WILLOW"): Promise<void> {
  for (const [subset, n] of [["car(S)", 2], ["duck(S)", 3]] as const) {
    for (let k = 0; k < n; k++) {
      await putPicture(join(folder, images, subset, `p${k}.png`), 40, 30);
      put(join(folder, images, subset, `p${k}.mat`), writeMat({ pts_coord: [xs(k), ys()] }, { compress: true }));
    }
  }
}

function row(subset: string, a: number, b: number, shift = 0): string {
  const name = (k: number) => `PF-dataset-WILLOW/${subset}/p${k}.png`;
  return [name(a), name(b), ...xs(a), ...ys(), ...xs(b).map((x) => x + shift), ...ys()].join(",");
}

function list(folder: string, rows: string[]): void {
  put(join(folder, "test_pairs.csv"), [HEADER.join(","), ...rows].join("\n"));
}

Deno.test("pf-willow reads the official list and counts its coordinates from 0", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder);
    list(folder, [row("car(S)", 0, 1), row("duck(S)", 2, 0)]);
    const { pairs, threshold, split, notes, synthetic } = await open(folder);
    assertEquals([threshold, split, synthetic], ["keypoints", "test", false]);
    assertEquals(pairs.map(({ id }) => id), ["car(S)/p0-p1", "duck(S)/p2-p0"]);
    assertEquals(pairs.map(({ category }) => category), ["car(S)", "duck(S)"]);
    const { source, target } = pairs[0]!.points;
    assertEquals([...source.xy.subarray(0, 4)], [1.25, 2, 2.25, 4]);
    assertEquals([...target.xy.subarray(0, 2)], [2.25, 2]);
    assertEquals(pairs[0]!.images.source.size, { width: 40, height: 30 });
    assertEquals((await pairs[1]!.images.target.load()).width, 40);
    assertEquals(notes, ['2 pairs listed, the official split "test" has 900: numbers are not comparable']);
  });
});

Deno.test("pf-willow pairs every ordered two pictures of a sub-set where there is no list, and says so", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder);
    const { pairs, notes } = await open(folder);
    assertEquals(pairs.length, 2 * 1 + 3 * 2);
    assertEquals(pairs.filter(({ category }) => category === "car(S)").map(({ id }) => id), [
      "car(S)/p0-p1",
      "car(S)/p1-p0",
    ]);
    assert(notes.some((note) => note.includes("no test_pairs.csv")), notes.join());
    assert((await inputErrorOf(() => open(folder, { pairs: "official" }))).includes("the pair list is missing"));
  });
});

Deno.test("pf-willow has the same content and hash under every folder name in use", async () => {
  const hashes = new Set<string>();
  for (
    const [images, root] of [["PF-dataset-WILLOW", ""], ["PF-dataset", ""], [".", ""], ["PF-dataset", "PF-dataset"]]
  ) {
    await inTempFolder(async (folder) => {
      await fixture(folder, images!);
      list(folder, [row("car(S)", 0, 1)]);
      hashes.add((await open(join(folder, root!))).sha256);
    });
  }
  assertEquals(hashes.size, 1);
});

Deno.test("pf-willow reports coordinates that differ between list and .mat files, and uses the ones asked for", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder);
    list(folder, [row("car(S)", 0, 1, 0.5), row("car(S)", 1, 0)]);
    const csv = await open(folder);
    assertEquals(csv.pairs[0]!.points.target.xy[0], 2.75);
    assert(
      csv.notes[0]!.startsWith(
        "1 of 2 pairs have other coordinates in the list than in the .mat files (by up to 0.500",
      ),
    );
    const mat = await open(folder, { coordinates: "mat" });
    assertEquals(mat.pairs[0]!.points.target.xy[0], 2.25);
  });
});

Deno.test("pf-willow names file and line of a missing picture, a bad number, a doubled pair", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder);
    const csv = join(folder, "test_pairs.csv");
    list(folder, [row("car(S)", 0, 1), row("car(S)", 0, 7)]);
    assert((await inputErrorOf(() => open(folder))).startsWith(`${csv}:3: names the picture "${folder}/`));
    const rest = await open(folder, { incomplete: "skip" });
    assertEquals(rest.pairs.length, 1);
    assert(rest.notes.some((note) => note.startsWith("1 of 2 pairs left out: ")), rest.notes.join());

    list(folder, [row("car(S)", 0, 1).replace("2.25", "NaN")]);
    assert((await inputErrorOf(() => open(folder))).startsWith(`${csv}:2: "XA1" holds "NaN"`));
    list(folder, [row("car(S)", 0, 1), row("car(S)", 0, 1)]);
    assert((await inputErrorOf(() => open(folder))).startsWith(`${csv}:3: pair id "car(S)/p0-p1" is there twice`));
    put(csv, "imageA,imageB\n");
    assert((await inputErrorOf(() => open(folder))).includes('names no column "XA1"'));
    list(folder, [row("car(S)", 0, 1).replace("PF-dataset-WILLOW/car(S)/", "../../")]);
    assert((await inputErrorOf(() => open(folder))).startsWith(`${csv}:2: "imageA" is "../../p0.png"`));
  });
});

Deno.test("pf-willow names the .mat file that is malformed or has other points than announced", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder);
    const mat = join(folder, "PF-dataset-WILLOW", "car(S)", "p0.mat");
    const message = async (bytes: Uint8Array) => {
      put(mat, bytes);
      return await inputErrorOf(() => open(folder));
    };
    const nine: Rows = [xs(0).slice(1), ys().slice(1)];
    assert((await message(writeMat({ pts_coord: nine }))).startsWith(`Cannot read "${mat}": "pts_coord" is 2x9`));
    assert((await message(writeMat({ kps: nine }))).includes('no variable "pts_coord"'));
    assert((await message(writeMat({ pts_coord: [xs(0), ys().fill(NaN, 3, 4)] }))).includes("no finite number"));
    assert((await message(new Uint8Array())).includes("the file is empty"));
    assert((await message(writeMat({ pts_coord: [xs(0), ys()] }).subarray(0, 250))).includes("truncated?"));
  });
});

Deno.test("pf-willow says what is wrong with a root that is absent or another folder", async () => {
  await inTempFolder(async (folder) => {
    assert((await inputErrorOf(() => open(join(folder, "no")))).includes("is no folder"));
    assert(
      (await inputErrorOf(() => open(folder))).includes("has no folder of sub-sets such as PF-dataset-WILLOW/car(S)"),
    );
  });
});

sharedTest("pf-willow reads the 180 real pairs; list and .mat files agree", "data/PF-WILLOW", async () => {
  const listed = await open(sharedPath("data/PF-WILLOW"));
  assertEquals(listed.pairs.length, 180);
  // Nothing is said about coordinates, pictures or points outside: only the count differs from the official one.
  assertEquals(listed.notes.length, 1);
  const pair = listed.pairs.find(({ id }) => id === "car(S)/Cars_000a-Cars_001b")!;
  // First row of the csv minus one.
  assertAlmostEquals(pair.points.source.xy[0]!, 76.63201871657755, 1e-12);
  assertAlmostEquals(pair.points.target.xy[0]!, 124.57766990291256, 1e-12);
  const all = await open(sharedPath("data/PF-WILLOW"), { pairs: "all" });
  assertEquals(all.sha256, listed.sha256);
});

const RUN = "golden/nn_dsift/all_pairs.json";

sharedTest(
  "pf-willow has the points, sizes and pairs that the recorded official run saw",
  ["data/PF-WILLOW", RUN],
  async () => {
    interface Recorded {
      readonly A: string;
      readonly B: string;
      readonly src_xy: readonly (readonly [number, number])[];
      readonly gt_xy: readonly (readonly [number, number])[];
      readonly size_A: readonly [number, number];
      readonly size_B: readonly [number, number];
    }
    const { pairs: recorded } = JSON.parse(Deno.readTextFileSync(sharedPath(RUN))) as { pairs: Recorded[] };
    const { pairs } = await open(sharedPath("data/PF-WILLOW"));
    const stem = (path: string) => path.split("/").at(-1)!.replace(".png", "");
    const byId = new Map(recorded.map((one) => [`${one.A.split("/").at(-2)}/${stem(one.A)}-${stem(one.B)}`, one]));
    assertEquals([byId.size, pairs.length], [180, 180]);
    for (const { id, points, images } of pairs) {
      const { src_xy, gt_xy, size_A, size_B } = byId.get(id)!;
      assertEquals([images.source.size, images.target.size].map((s) => [s!.width, s!.height]), [[...size_A], [
        ...size_B,
      ]]);
      // The recording counts pixels from 1.
      src_xy.flat().forEach((value, i) => assertAlmostEquals(points.source.xy[i]! + 1, value, 1e-9));
      gt_xy.flat().forEach((value, i) => assertAlmostEquals(points.target.xy[i]! + 1, value, 1e-9));
    }
  },
);
