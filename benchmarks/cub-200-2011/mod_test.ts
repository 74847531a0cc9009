import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { join } from "@std/path";
import { inputErrorOf, inTempFolder, openBenchmark, put, putPicture } from "../../core/data/testing/benchmark.ts";
import type { OptionValue } from "../../core/types.ts";
import plugin from "./mod.ts";

const open = (root: string, options: { [name: string]: OptionValue } = {}) =>
  openBenchmark(plugin, import.meta.url, root, options);

interface Bird {
  readonly species: number;
  readonly train?: boolean;
  readonly parts?: readonly number[];
}

const SPECIES = ["001.Auk", "002.Owl"];
const PARTS = ["back", "beak", "left eye", "tail"];

/** The official tables; part p of bird b is at (10 + p + b / 4, 5 + p). */
async function fixture(folder: string, birds: readonly Bird[], reverse = false): Promise<void> {
  const rows = birds.map((bird, i) => ({ ...bird, id: i + 1, file: `${SPECIES[bird.species]}/b${i + 1}.jpg` }));
  if (reverse) rows.reverse();
  const table = (name: string, lines: readonly string[]) =>
    put(join(folder, name), lines.map((l) => `${l}\n`).join(""));
  table("classes.txt", SPECIES.map((name, i) => `${i + 1} ${name}`));
  table("parts/parts.txt", PARTS.map((name, i) => `${i + 1} ${name}`));
  table("images.txt", rows.map(({ id, file }) => `${id} ${file}`));
  table("image_class_labels.txt", rows.map(({ id, species }) => `${id} ${species + 1}`));
  table("train_test_split.txt", rows.map(({ id, train }) => `${id} ${train ? 1 : 0}`));
  table("bounding_boxes.txt", rows.map(({ id }) => `${id} 4.0 3.0 30.0 20.0`));
  table(
    "parts/part_locs.txt",
    rows.flatMap(({ id, parts = [1, 2, 3] }) =>
      PARTS.map((_, p) =>
        parts.includes(p + 1) ? `${id} ${p + 1} ${10 + p + id / 4} ${5 + p} 1` : `${id} ${p + 1} 0.0 0.0 0`
      )
    ),
  );
  for (const { file } of rows) await putPicture(join(folder, "images", file), 50, 40);
}

const SIX: Bird[] = [0, 0, 0, 0, 1, 1].map((species) => ({ species }));

Deno.test("cub-200-2011 reads parts visible in both, their names, boxes, and parts visible in one", async () => {
  await inTempFolder(async (folder) => {
    await fixture(join(folder, "CUB_200_2011"), [
      { species: 1, parts: [1, 2, 3] },
      { species: 1, parts: [1, 2, 3, 4] },
      { species: 1, train: true },
      { species: 0 },
      { species: 0, parts: [1, 4] },
    ]);
    const { pairs, threshold, split, notes } = await open(folder);
    assertEquals([threshold, split, pairs.length], ["box", "test-species", 1]);
    const pair = pairs[0]!;
    const swapped = pair.id === "b2-b1";
    assertEquals([pair.category, pair.keypoints], ["002.Owl", ["back", "beak", "left eye"]]);
    assertEquals([...(swapped ? pair.points.target : pair.points.source).xy], [10.25, 5, 11.25, 6, 12.25, 7]);
    assertEquals(swapped ? pair.unmatched!.source : pair.unmatched!.target, ["tail"]);
    assertEquals(pair.boxes!.source, { x1: 4, y1: 3, x2: 34, y2: 23 });
    assertEquals(pair.images.source.size, { width: 50, height: 40 });
    assertEquals(notes, ['pairs chosen with seed "cub-200-2011" from 4 pictures']);
  });
});

Deno.test("cub-200-2011 limits pairs per species, and altogether over all birds", async () => {
  await inTempFolder(async (folder) => {
    await fixture(folder, SIX);
    const count = async (options: { [name: string]: OptionValue }) => (await open(folder, options)).pairs.length;
    assertEquals(await count({}), 6 + 1);
    assertEquals(await count({ per_species: 2 }), 2 + 1);
    assertEquals(await count({ pairs: "birds" }), 15);
    assertEquals(await count({ pairs: "birds", total: 7 }), 7);
    const { pairs } = await open(folder, { pairs: "birds", total: 7 });
    // Seven pairs of six birds one and two steps apart: no bird is left out.
    assertEquals(new Set(pairs.flatMap(({ images }) => [images.source.id, images.target.id])).size, 6);
  });
});

for (const pairs of ["species", "birds"]) {
  Deno.test(`cub-200-2011 pairs=${pairs} depends on the seed, not on the order of the tables`, async () => {
    const hash = (reverse: boolean, seed: string) =>
      inTempFolder(async (folder) => {
        await fixture(folder, SIX, reverse);
        return (await open(folder, { pairs, seed, per_species: 3, total: 6 })).sha256;
      });
    assertEquals(await hash(true, "s"), await hash(false, "s"));
    assertNotEquals(await hash(false, "t"), await hash(false, "s"));
  });
}

Deno.test("cub-200-2011 names file and line of what is wrong", async () => {
  await inTempFolder(async (folder) => {
    assert((await inputErrorOf(() => open(folder))).includes("the release is missing"));
    await fixture(folder, SIX);
    const broken = async (file: string, text: string) => {
      const path = join(folder, file);
      const before = Deno.readTextFileSync(path);
      put(path, text);
      const message = await inputErrorOf(() => open(folder));
      put(path, before);
      return message.replace(`${folder}/`, "");
    };
    assertEquals(
      (await broken("bounding_boxes.txt", "1 4 3 0 9\n")).split(" (")[0],
      "bounding_boxes.txt:1: the box has no area: 4,3 to 4,12",
    );
    assertEquals(await broken("bounding_boxes.txt", "1 4 3\n"), "bounding_boxes.txt:1: has 3 values, 5 are needed");
    assertEquals(await broken("classes.txt", "1 001.Auk\n"), 'images.txt:5: "classes.txt" has no line for id 2');
    assert((await broken("parts/part_locs.txt", "1 1 x 5 1\n")).startsWith('parts/part_locs.txt:1: column 3 is "x"'));
    assert(
      (await broken("images.txt", "1 001.Auk/no.jpg\n2 001.Auk/b2.jpg\n")).startsWith(
        "images.txt:1: names the picture",
      ),
    );
  });
});
