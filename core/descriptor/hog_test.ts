import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { hog } from "./hog.ts";

function picture(width: number, height: number, value: (x: number, y: number) => number) {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    return value(Math.floor(i / 3) % width, Math.floor(i / 3 / width));
  });
  return { width, height, data };
}

const cellOf = ({ cols, channels, data }: ReturnType<typeof hog>, row: number, col: number) =>
  Array.from(data.subarray((row * cols + col) * channels, (row * cols + col + 1) * channels));

for (const [name, sign, bin] of [["+x", 1, 0], ["-x", -1, 9]] as const) {
  Deno.test(`hog() uoctti puts a slope towards ${name} into signed orientation ${bin} and unsigned 0`, () => {
    const values = cellOf(hog(picture(48, 48, (x) => 120 + sign * 2 * x), { cell: 8, variant: "uoctti" }), 2, 3);
    // Four equal cells: each share is 1/2, cut to 0.2; half the sum of four blocks is 0.4. Texture: 0.2 / sqrt(18).
    values.forEach((value, k) => {
      const expected = k === bin || k === 18 ? 0.4 : k >= 27 ? 0.2 / Math.sqrt(18) : 0;
      assertAlmostEquals(value, expected, 1e-6);
    });
  });
}

Deno.test("hog() dalal-triggs holds the unsigned orientations under each of four blocks", () => {
  const values = cellOf(hog(picture(48, 48, (_, y) => 4 * y), { cell: 8, variant: "dalal-triggs" }), 3, 3);
  assertEquals(values.length, 36);
  // 90 degrees lies between orientations 4 (80) and 5 (100): the first of equal scores wins, up to rounding.
  for (let block = 0; block < 4; block++) {
    const part = values.slice(block * 9, block * 9 + 9);
    assertAlmostEquals(part[4]! + part[5]!, 0.2, 1e-6);
    assertAlmostEquals(part.reduce((a, b) => a + b), 0.2, 1e-6);
  }
});

Deno.test("hog() lists blocks up-left, up-right, down-left, down-right", () => {
  // Strong gradients in the top left corner make the block there large and the shares under it small.
  const image = picture(48, 48, (x, y) => x < 20 && y < 20 ? (x % 2) * 120 + 3 * (x >> 1) * (x & 1) : 2 * x + y);
  const values = cellOf(hog(image, { cell: 8, variant: "uoctti" }), 3, 3).slice(27);
  assertEquals(values.indexOf(Math.min(...values)), 0);
});

Deno.test("hog() rounds the number of cells, halves up", () => {
  const shape = (width: number, height: number) => {
    const { rows, cols } = hog(picture(width, height, (x, y) => x * y), { cell: 8, variant: "uoctti" });
    return [cols, rows];
  };
  assertEquals(shape(64, 40), [8, 5]);
  assertEquals(shape(67, 43), [8, 5]);
  assertEquals(shape(68, 44), [9, 6]);
  assertEquals(shape(8, 8), [1, 1]);
});

Deno.test("hog() takes the channel of largest gradient, and zeros for a flat picture", () => {
  const grey = hog(picture(32, 32, (x) => 5 * x), { cell: 8, variant: "uoctti" });
  const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => {
    return i % 3 === 1 ? 5 * (Math.floor(i / 3) % 32) : Math.floor(i / 3 / 32); // green to the right, others down
  });
  assertEquals(hog({ width: 32, height: 32, data }, { cell: 8, variant: "uoctti" }).data, grey.data);
  const flat = hog(picture(16, 16, () => 50), { cell: 8, variant: "dalal-triggs" });
  assertEquals(flat.data, new Float32Array(4 * 36));
});

Deno.test("hog() refuses pictures below 3 pixels or one cell", () => {
  assertThrows(() => hog(picture(2, 9, () => 0), { cell: 2, variant: "uoctti" }), RangeError, "2x9");
  assertThrows(() => hog(picture(9, 7, () => 0), { cell: 8, variant: "uoctti" }), RangeError, "need 8");
  assertThrows(() => hog(picture(9, 9, () => 0), { cell: 0, variant: "uoctti" }), RangeError, "cell 0");
});
