import { assert, assertEquals, assertRejects } from "@std/assert";
import { pointsOf } from "../frame.ts";
import type { Image } from "../types.ts";
import { decodeBytes } from "./decode.ts";
import { drawMatches, type MatchDrawing } from "./draw.ts";

function black(width: number, height: number): Image {
  return { width, height, data: new Uint8Array(width * height * 3), sha256: "", origin: "black" };
}

async function drawn(drawing: MatchDrawing) {
  const image = await decodeBytes(new Uint8Array(await drawMatches(drawing)), "drawing", { orientation: "ignore" });
  return {
    size: [image.width, image.height],
    pixel: (x: number, y: number) => [...image.data.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3)],
  };
}

// Pictures of 100 x 100 are drawn at 400 x 400 with margins of 10: the source at (10, 10), the target at (420, 10).
const pair = { source: black(100, 100), target: black(100, 100) };
const at = (p: number) => (p + 0.5) * 4;
const BLUE = [0x2f, 0x7e, 0xd8];

Deno.test("drawMatches() puts discs on the points, beside their numbers, and a line between them", async () => {
  const { size, pixel } = await drawn({ ...pair, points: pointsOf([[50, 50]]), matches: pointsOf([[25, 50]]) });
  assertEquals(size, [10 + 400 + 10 + 400 + 10, 420]);
  const y = 10 + at(50);
  const source = 10 + at(50);
  const target = 420 + at(25);
  // Six pixels left of the centre: inside the disc of radius 8, clear of the digit.
  assertEquals(pixel(source - 6, y), BLUE);
  assertEquals(pixel(target - 6, y), BLUE);
  // The digit itself is white.
  assert(pixel(source, y).some((v, c) => v > BLUE[c]! + 20), String(pixel(source, y)));
  const middle = pixel((source + target) / 2, y);
  assert(middle[2]! > 100 && middle[2]! > middle[0]!, String(middle));
  assertEquals(pixel(source, y - 40), [0, 0, 0]);
});

Deno.test("drawMatches() marks the truth in green when right, red when wrong, white when nobody judged", async () => {
  const points = pointsOf([[20, 20], [20, 80]]);
  const matches = pointsOf([[50, 20], [50, 80]]);
  const truth = pointsOf([[80, 20], [80, 80]]);
  const arm = (row: number) => [420 + at(80) + 6, 10 + at(row) + 6] as const;
  const judged = await drawn({ ...pair, points, matches, truth, correct: [true, false] });
  const [r, g] = judged.pixel(...arm(20)) as [number, number];
  assert(g > 150 && g > 2 * r, "right is green");
  const [r2, g2] = judged.pixel(...arm(80)) as [number, number];
  assert(r2 > 150 && r2 > 2 * g2, "wrong is red");
  const open = await drawn({ ...pair, points, matches, truth });
  assert(open.pixel(...arm(80)).every((v) => v > 150), "not judged is white");
});

Deno.test("drawMatches() draws a point without a match as a hollow disc and nothing in the target", async () => {
  const { pixel } = await drawn({ ...pair, points: pointsOf([[50, 50]]), matches: pointsOf([[NaN, NaN]]) });
  assertEquals(pixel(10 + at(50) - 6, 10 + at(50)), [0x10, 0x10, 0x10]);
  for (let x = 420; x < 820; x += 2) assertEquals(pixel(x, 10 + at(50)), [0, 0, 0]);
});

Deno.test("drawMatches() keeps two shapes at equal height and a panorama within bounds", async () => {
  const none = pointsOf([]);
  const mixed = await drawn({ source: black(300, 225), target: black(150, 300), points: none, matches: none });
  assertEquals(mixed.size, [10 + 533 + 10 + 200 + 10, 420]);
  const flat = await drawn({ source: black(4000, 4), target: black(10, 10), points: none, matches: none });
  assert(flat.size[0]! <= 3100 && flat.size[1]! >= 3);
});

Deno.test("drawMatches() rejects lists of different lengths", async () => {
  const points = pointsOf([[1, 1], [2, 2]]);
  await assertRejects(() => drawMatches({ ...pair, points, matches: pointsOf([[1, 1]]) }), RangeError, "1 of matches");
  await assertRejects(
    () => drawMatches({ ...pair, points, matches: points, correct: [true] }),
    RangeError,
    "1 of correct",
  );
});
