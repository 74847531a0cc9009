import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { join } from "@std/path";
import { inputErrorOf, inTempFolder, openBenchmark, put } from "../../core/data/testing/benchmark.ts";
import type { OptionValue } from "../../core/types.ts";
import plugin from "./mod.ts";

const open = (root: string, options: { [name: string]: OptionValue } = {}) =>
  openBenchmark(plugin, import.meta.url, root, options);

/** [x, y, flag] of 17 keypoints, keypoint k at (10 + k, 20 + k); `flags` maps k to its flag, 0 elsewhere. */
function keypoints(flags: { [k: number]: number }): number[] {
  return Array.from({ length: 17 }, (_, k) => flags[k] === undefined ? [0, 0, 0] : [10 + k, 20 + k, flags[k]]).flat();
}

const SEEN = { 0: 2, 1: 2, 2: 2, 3: 1 };
const SPECIES = [["cat", "Felidae"], ["lion", "Felidae"], ["dog", "Canidae"]] as const;

interface Picture {
  readonly species: number;
  readonly flags?: { [k: number]: number };
  readonly animals?: number;
}

/** The official layout with these pictures, spread over the three files; `reverse` changes the order inside them. */
function official(root: string, pictures: readonly Picture[], reverse = false): void {
  const categories = SPECIES.map(([name, supercategory], id) => ({ id, name, supercategory }));
  for (const [f, part] of ["train", "val", "test"].entries()) {
    const mine = pictures.map((picture, i) => ({ ...picture, i })).filter(({ i }) => i % 3 === f);
    const images = mine.map(({ i }) => ({
      id: i,
      file_name: `${String(i).padStart(6, "0")}.jpg`,
      width: 100,
      height: 80,
    }));
    const annotations = mine.flatMap(({ i, species, flags = SEEN, animals = 1 }) =>
      Array.from({ length: animals }, () => ({
        image_id: i,
        category_id: species,
        bbox: [5, 6, 50, 40],
        iscrowd: 0,
        keypoints: keypoints(flags),
      }))
    );
    if (reverse) [images, annotations].forEach((list) => list.reverse());
    put(join(root, `annotations/ap10k-${part}-split1.json`), JSON.stringify({ images, annotations, categories }));
  }
  for (const i of pictures.keys()) put(join(root, `data/${String(i).padStart(6, "0")}.jpg`), "");
}

/** 60 cats, 40 lions, 35 dogs, all showing keypoints 0, 1, 2. */
const MANY: Picture[] = [60, 40, 35].flatMap((n, species) => Array.from({ length: n }, () => ({ species })));

Deno.test("ap-10k intra-species: all pairs of the 30 test, 20 val and remaining trn pictures of each species", async () => {
  await inTempFolder(async (root) => {
    official(root, MANY);
    const counts = async (split: string) => {
      const { pairs } = await open(root, { split });
      return SPECIES.map(([name]) => pairs.filter(({ category }) => category === name).length);
    };
    assertEquals(await counts("test"), [435, 435, 435]);
    // 20, 10 and 5 pictures are left for val, then 10 for trn of the cats.
    assertEquals(await counts("val"), [190, 45, 10]);
    assertEquals(await counts("trn"), [45, 0, 0]);
  });
});

Deno.test("ap-10k splits share no picture", async () => {
  await inTempFolder(async (root) => {
    official(root, MANY);
    const used = await Promise.all(["test", "val", "trn"].map(async (split) => {
      const { pairs } = await open(root, { split });
      return new Set(pairs.flatMap(({ images }) => [images.source.id, images.target.id]));
    }));
    assertEquals(used.reduce((sum, ids) => sum + ids.size, 0), new Set(used.flatMap((ids) => [...ids])).size);
  });
});

Deno.test("ap-10k cross-species and cross-family: counts per family and pair of families", async () => {
  await inTempFolder(async (root) => {
    official(root, MANY);
    const species = await open(root, { setting: "cross-species" });
    // 30 cats x 30 lions are exactly 900; the dogs have no other species in their family.
    assertEquals([species.pairs.length, new Set(species.pairs.map(({ category }) => category)).size], [900, 1]);
    assertEquals((await open(root, { setting: "cross-species", split: "val" })).pairs.length, 20 * 10);
    const family = await open(root, { setting: "cross-family" });
    assertEquals([family.pairs.length, family.split], [30, "test-cross-family"]);
    assertEquals((await open(root, { setting: "cross-family", split: "val" })).pairs.length, 20);
    assert(
      (await inputErrorOf(() => open(root, { setting: "cross-family", split: "trn" }))).includes("intra-species only"),
    );
  });
});

for (const setting of ["intra-species", "cross-species", "cross-family"]) {
  Deno.test(`ap-10k ${setting}: pairs depend on the seed, not on the order of the files`, async () => {
    const hash = (reverse: boolean, options: { [name: string]: OptionValue } = {}) =>
      inTempFolder(async (root) => {
        official(root, MANY, reverse);
        return (await open(root, { setting, ...options })).sha256;
      });
    assertEquals(await hash(true), await hash(false));
    assertNotEquals(await hash(false, { seed: "other" }), await hash(false));
  });
}

Deno.test("ap-10k uses keypoints visible in both pictures, and only pairs with three of them", async () => {
  await inTempFolder(async (root) => {
    official(root, [
      { species: 0, flags: { 0: 2, 1: 2, 2: 2, 5: 2 } },
      { species: 0, flags: { 0: 2, 1: 1, 2: 2, 5: 2, 7: 2 } },
      { species: 0, flags: { 0: 2, 1: 2, 9: 2 } },
      { species: 0, flags: { 0: 2, 1: 2 } },
      { species: 0, animals: 2 },
    ]);
    const { pairs, notes, threshold } = await open(root);
    assertEquals([threshold, pairs.length], ["box", 1]);
    const pair = pairs[0]!;
    assertEquals(pair.keypoints, ["0", "2", "5"]);
    assertEquals([...pair.points.source.xy], [10, 20, 12, 22, 15, 25]);
    assertEquals(pair.boxes!.target, { x1: 5, y1: 6, x2: 55, y2: 46 });
    const swapped = pair.images.source.id.includes("000001");
    assertEquals(swapped ? pair.unmatched!.source : pair.unmatched!.target, ["7"]);
    assertEquals(swapped ? pair.unmatched!.target : pair.unmatched!.source, ["1"]);
    assert(notes[0]!.includes("of 5 annotated pictures 1 have several animals and 1 fewer than 3 visible keypoints"));
  });
});

Deno.test("ap-10k reads a given list with its own folders", async () => {
  await inTempFolder(async (folder) => {
    const root = join(folder, "ap-10k");
    for (const [name, species] of [["a", "cat"], ["b", "lion"]] as const) {
      const annotation = { keypoints: keypoints(SEEN), bbox: [1, 2, 30, 40], width: 100, height: 80 };
      put(join(root, `ImageAnnotation/Felidae/${species}/${name}.json`), JSON.stringify(annotation));
      put(join(root, `JPEGImages/Felidae/${species}/${name}.jpg`), "");
    }
    const at = (rest: string) => `data/ap-10k/ImageAnnotation/Felidae/${rest}.json`;
    const list = (paths: object) =>
      put(join(root, "PairAnnotation/test_cross_species/000000-a-b:Felidae.json"), JSON.stringify(paths));
    list({ src_json_path: at("cat/a"), trg_json_path: at("lion/b") });
    const { pairs, notes } = await open(folder, { setting: "cross-species" });
    assertEquals(pairs.map(({ id, category }) => [id, category]), [["000000-a-b:Felidae", "Felidae"]]);
    assertEquals([pairs[0]!.points.source.n, pairs[0]!.images.target.id], [3, "JPEGImages/Felidae/lion/b.jpg"]);
    assertEquals(notes, []);
    list({ src_json_path: at("cat/a"), trg_json_path: at("lion/no") });
    assert((await inputErrorOf(() => open(folder, { setting: "cross-species" }))).includes("no.json"));
    assert((await inputErrorOf(() => open(folder, { pairs: "list" }))).includes("is no folder"));
  });
});

Deno.test("ap-10k names file and field of what is wrong in the annotation", async () => {
  await inTempFolder(async (root) => {
    assert((await inputErrorOf(() => open(root))).includes('has no "annotations/ap10k-train-split1.json"'));
    official(root, [{ species: 0 }, { species: 0 }, { species: 7 }]);
    assert((await inputErrorOf(() => open(root))).includes('"annotations[0].category_id" is 7, the id of a category'));
    official(root, MANY);
    const path = (await open(root)).pairs[0]!.images.source.origin;
    Deno.removeSync(path);
    const message = await inputErrorOf(() => open(root));
    assert(message.includes(`names the picture "${path}", which does not exist`), message);
  });
});
