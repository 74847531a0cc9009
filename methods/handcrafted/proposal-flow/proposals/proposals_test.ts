import { assert, assertEquals } from "@std/assert";
import type { Image } from "../../../../core/types.ts";
import { usableBoxes } from "../boxes.ts";
import { channelsOf } from "./colour.ts";
import { GENERATORS, propose } from "./mod.ts";
import { segment } from "./segment.ts";
import { slidingWindows } from "./windows.ts";

type Colour = readonly [number, number, number];

function picture(width: number, height: number, colour: (x: number, y: number) => Colour): Image {
  const data = new Uint8Array(width * height * 3);
  for (let p = 0; p < width * height; p++) data.set(colour(p % width, Math.floor(p / width)), 3 * p);
  return { width, height, data, sha256: `${width}x${height}`, origin: "drawn" };
}

/** A red rectangle [30, 20, 69, 59] on blue, with a green stripe in it. */
const scene = picture(120, 90, (x, y) => {
  if (!(x >= 30 && x < 70 && y >= 20 && y < 60)) return [30, 40, 180];
  return y >= 35 && y < 45 ? [40, 160, 60] : [200, 40, 30];
});

for (const generator of GENERATORS) {
  Deno.test(`propose() by ${generator} gives distinct whole boxes inside the picture, the same twice, at most as many as asked`, () => {
    const boxes = propose(scene, generator, 60, 7);
    assertEquals(propose(scene, generator, 60, 7), boxes);
    assert(boxes.n > 0 && boxes.n <= 60, `${boxes.n} boxes`);
    const keys = new Set<string>();
    for (let i = 0; i < boxes.n; i++) {
      const [x1, y1, x2, y2] = boxes.xyxy.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
      assert([x1, y1, x2, y2].every(Number.isInteger));
      assert(x1 >= 0 && y1 >= 0 && x2 > x1 && y2 > y1 && x2 < 120 && y2 < 90);
      keys.add([x1, y1, x2, y2].join());
    }
    assertEquals(keys.size, boxes.n);
  });

  Deno.test(`propose() by ${generator} has no box for a picture of one pixel, nor of one row`, () => {
    const grey = (): Colour => [9, 9, 9];
    assertEquals(propose(picture(1, 1, grey), generator, 60, 7).n, 0);
    assertEquals(propose(picture(300, 1, grey), generator, 60, 7).n, 0);
  });
}

Deno.test("propose() by another seed draws other boxes", () => {
  assert(propose(scene, "uniform", 20, 1).xyxy.join() !== propose(scene, "uniform", 20, 2).xyxy.join());
});

Deno.test("segment() separates areas of different colour and joins what is below the minimum", () => {
  const { count, labels } = segment(channelsOf(scene, "lab", 0), scene, 100, 50);
  // Background, stripe, and the two halves of the rectangle.
  assertEquals(count, 4);
  const at = (x: number, y: number) => labels[y * 120 + x]!;
  assertEquals(at(0, 0), at(119, 89));
  assertEquals(new Set([at(0, 0), at(50, 25), at(50, 40), at(50, 55)]).size, 4);
  assertEquals(segment(channelsOf(scene, "lab", 0), scene, 100, 500).count < 4, true);
});

Deno.test("selective boxes hold the parts of an object and the object they are grouped to", () => {
  const boxes = propose(scene, "selective", 500, 0);
  const near = (want: number[]) =>
    Array.from({ length: boxes.n }, (_, i) => boxes.xyxy.subarray(4 * i, 4 * i + 4))
      .some((box) => box.every((value, k) => Math.abs(value - want[k]!) <= 2));
  assert(near([30, 20, 69, 59]), "the rectangle");
  assert(near([30, 35, 69, 44]), "its stripe");
});

Deno.test("sliding windows number at most what is asked, touch every border and fit", () => {
  for (const count of [50, 150, 1000]) {
    const boxes = slidingWindows({ width: 300, height: 225 }, count);
    assert(boxes.length <= count && boxes.length > 0.6 * count, `${boxes.length} of ${count}`);
    assertEquals(Math.min(...boxes.map(([x]) => x!)), 0);
    assertEquals(Math.max(...boxes.map(([, , x]) => x!)), 299);
    assertEquals(Math.max(...boxes.map(([, , , y]) => y!)), 224);
  }
});

Deno.test("usableBoxes() cuts to the picture, rounds, and drops repeats and boxes of one pixel", () => {
  const rows = [[-5, -5, 4.4, 3.6], [0, 0, 4, 4], [2, 2, 2, 5], [50, 50, 60, 60], [1, 1, 8, 8]];
  assertEquals([...usableBoxes(rows, { width: 10, height: 10 }).xyxy], [0, 0, 4, 4, 1, 1, 8, 8]);
  assertEquals(usableBoxes(rows, { width: 10, height: 10 }, 1).n, 1);
});
