import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { parse } from "@std/yaml";
import { InputError } from "../../core/errors.ts";
import type { Benchmark, BenchmarkContext, Card } from "../../core/types.ts";
import { KINDS } from "./kinds/mod.ts";
import shapes, { type ShapesOptions } from "./mod.ts";
import { difficultyOf } from "./pairs.ts";

const FREE: Card = {
  kind: "benchmark",
  name: "shapes",
  category: "",
  version: 1,
  summary: "",
  licence: "MIT",
  trainedOn: [],
  weights: [],
  settings: {},
  presets: {},
  reported: [],
  extra: {},
  folder: "",
};

function build(options: Partial<ShapesOptions> = {}, version = 1): Benchmark {
  const plain = Object.fromEntries(Object.entries(shapes.defaults).map(([key, { value }]) => [key, value]));
  const context: BenchmarkContext = { card: { ...FREE, version }, log: () => {} };
  return shapes.build(context, { ...plain, ...options } as ShapesOptions);
}

const small = { size: 64, pairs: 16, images_per_kind: 3 };

Deno.test("the default: 60 pairs, all kinds, unique ids, every pair with three keypoints or more", () => {
  const b = build();
  assertEquals(b.pairs.length, 60);
  assertEquals(new Set(b.pairs.map(({ id }) => id)).size, 60);
  assertEquals(new Set(b.pairs.map(({ category }) => category)).size, KINDS.length);
  assert(b.synthetic);
  assertEquals([b.name, b.split, b.threshold], ["shapes", "test", "box"]);
  for (const { id, category, points, keypoints, boxes, images, unmatched, difficulty } of b.pairs) {
    assert(id.startsWith(`${category}/`));
    assert(points.source.n >= 3 && points.source.n === points.target.n && keypoints!.length === points.source.n, id);
    for (const side of ["source", "target"] as const) {
      const { width, height } = images[side].size!, { n, xy } = points[side], box = boxes![side];
      assert(width >= 192 && width <= 320 && height >= 192 && height <= 320);
      assert(box.x1 >= 0 && box.y1 >= 0 && box.x2 < width && box.y2 < height && box.x1 < box.x2 && box.y1 < box.y2);
      for (let i = 0; i < n; i++) {
        assert(xy[i * 2]! >= 0 && xy[i * 2]! <= width - 1 && xy[i * 2 + 1]! >= 0 && xy[i * 2 + 1]! <= height - 1);
      }
      for (const name of unmatched![side]) assert(!keypoints!.includes(name));
    }
    const { viewpoint, scale, truncation, occlusion } = difficulty!;
    assert([0, 1, 2].includes(viewpoint!) && [0, 1, 2].includes(scale!));
    assert([0, 1, 2, 3].includes(truncation!) && [0, 1, 2, 3].includes(occlusion!));
  }
  const levels = (field: "viewpoint" | "scale" | "truncation" | "occlusion") =>
    new Set(b.pairs.map(({ difficulty }) => difficulty![field])).size;
  assert(levels("viewpoint") === 3 && levels("truncation") >= 3 && levels("occlusion") >= 3 && levels("scale") >= 2);
});

Deno.test("the same options give the same benchmark and the same bytes; another seed gives others", async () => {
  const [a, b, c] = [build(small), build(small), build({ ...small, seed: 1 })];
  assertEquals(a.sha256, b.sha256);
  assertNotEquals(a.sha256, c.sha256);
  for (const i of [0, 7, 15]) {
    const [x, y, z] = await Promise.all([a, b, c].map(({ pairs }) => pairs[i]!.images.source.load()));
    assertEquals(x!.data, y!.data);
    assertEquals(x!.sha256, y!.sha256);
    assertNotEquals(x!.sha256, z!.sha256);
    assertEquals(x!.data.length, x!.width * x!.height * 3);
  }
});

Deno.test("a picture is rendered once and has the size that was announced", async () => {
  const b = build(small), ref = b.pairs[0]!.images.source;
  const image = await ref.load();
  assert(image === await ref.load());
  assertEquals({ width: image.width, height: image.height }, ref.size!);
  assertEquals(image.origin, `shapes:${ref.id}`);
  assert(new Set(image.data).size > 50);
});

Deno.test("the hash of a picture tells version, size and supersampling apart", async () => {
  const hash = async (options: Partial<ShapesOptions>, version = 1) =>
    (await build({ ...small, ...options }, version).pairs[0]!.images.source.load()).sha256;
  const plain = await hash({});
  for (const other of [await hash({}, 2), await hash({ size: 65 }), await hash({ supersample: 1 })]) {
    assertNotEquals(other, plain);
  }
});

Deno.test("asking for more pictures or pairs leaves the pictures there were as they are", () => {
  const few = build({ ...small, kinds: "car", pairs: 2, images_per_kind: 3 });
  const many = build({ ...small, kinds: ["car", "boat"], pairs: 40, images_per_kind: 6 });
  const facts = (b: Benchmark) =>
    new Map(b.pairs.flatMap(({ images, boxes }) => [
      [images.source.id, [images.source.size, boxes!.source]] as const,
      [images.target.id, [images.target.size, boxes!.target]] as const,
    ]));
  const [before, after] = [facts(few), facts(many)];
  for (const [id, fact] of before) assertEquals(after.get(id), fact);
  assertEquals(many.pairs.filter(({ category }) => category === "car").length, 20);
});

Deno.test("difficulty: spreads order the azimuths, easy pictures are whole and clear", () => {
  const easy = build({ ...small, difficulty: "easy", pairs: 40 });
  for (const { difficulty } of easy.pairs) {
    assertEquals([difficulty!.truncation, difficulty!.occlusion], [0, 0]);
    assert(difficulty!.viewpoint! <= 1);
  }
  const hard = build({ ...small, difficulty: "hard", pairs: 40 });
  assert(hard.pairs.some(({ difficulty }) => difficulty!.viewpoint === 2));
  assert(hard.pairs.some(({ difficulty }) => difficulty!.truncation !== 0));
  assert(hard.pairs.some(({ difficulty }) => difficulty!.occlusion !== 0));
});

Deno.test("difficultyOf() follows its thresholds, and azimuths wrap around", () => {
  const picture = (azimuth: number, side = 99, cut = 0, covered = 0) => ({
    azimuth,
    box: { x1: 0, y1: 0, x2: side, y2: side },
    cut,
    covered,
  });
  assertEquals(difficultyOf(picture(170), picture(-170)), { viewpoint: 0, scale: 0, truncation: 0, occlusion: 0 });
  assertEquals(difficultyOf(picture(0), picture(31)).viewpoint, 1);
  assertEquals(difficultyOf(picture(-40), picture(40)).viewpoint, 2);
  // Sides of 100 pixels against 124, 126 and 171.
  assertEquals([123, 125, 170].map((side) => difficultyOf(picture(0), picture(0, side)).scale), [0, 1, 2]);
  assertEquals(difficultyOf(picture(0, 99, 0.1), picture(0)).truncation, 1);
  assertEquals(difficultyOf(picture(0), picture(0, 99, 0, 0.1)).occlusion, 2);
  assertEquals(difficultyOf(picture(0, 99, 0.1, 0.1), picture(0, 99, 0.1, 0.1)), {
    viewpoint: 0,
    scale: 0,
    truncation: 3,
    occlusion: 3,
  });
});

Deno.test("dense() has the source's shape, and its masks give the boxes", async () => {
  const pair = build(small).pairs[3]!;
  const { size, flow, masks } = await pair.dense!();
  assertEquals(size, pair.images.source.size!);
  assertEquals(flow!.length, size.width * size.height * 2);
  const { width } = pair.images.target.size!;
  const columns = [...masks!.target].flatMap((on, i) => on === 1 ? [i % width] : []);
  assertEquals(Math.min(...columns), pair.boxes!.target.x1);
  assertEquals(Math.max(...columns), pair.boxes!.target.x2);
});

Deno.test("wrong options are refused in one line that says what would work", () => {
  assertThrows(() => build({ kinds: "quadrupet" }), InputError, 'did you mean "quadruped"?');
  assertThrows(() => build({ kinds: ["car", "car"] }), InputError, "twice");
  assertThrows(() => build({ kinds: [] }), InputError, "at least one");
  assertThrows(() => build({ difficulty: "hart" }), InputError, 'did you mean "hard"?');
  assertThrows(() => build({ ...small, pairs: 1000 }), InputError, "raise benchmark.images_per_kind to 12");
});

Deno.test("the card lists the kinds, keypoints and symmetric groups of the code", async () => {
  const card = parse(await Deno.readTextFile(new URL("benchmark.yaml", import.meta.url))) as {
    extra: { kinds: unknown; counts: { [name: string]: number } };
  };
  const kinds = Object.fromEntries(
    KINDS.map((
      { name, keypoints, symmetry },
    ) => [name, { keypoints: [...keypoints], symmetry: symmetry.map((g) => [...g]) }]),
  );
  assertEquals(card.extra.kinds, kinds);
  assertEquals(card.extra.counts["kinds"], KINDS.length);
  assertEquals(card.extra.counts["keypoints"], KINDS.reduce((sum, { keypoints }) => sum + keypoints.length, 0));
  const b = build();
  assertEquals(card.extra.counts["pairs"], b.pairs.length);
  assertEquals(
    card.extra.counts["pictures"],
    new Set(b.pairs.flatMap((p) => [p.images.source.id, p.images.target.id])).size,
  );
});
