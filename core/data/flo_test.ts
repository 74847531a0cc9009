import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { sharedPath, sharedTest } from "../testing/shared.ts";
import { inTempFolder, put } from "./testing/benchmark.ts";
import { readFlo } from "./flo.ts";

function flo(width: number, height: number, values: readonly number[], magic = 202021.25): Uint8Array {
  const view = new DataView(new ArrayBuffer(12 + values.length * 4));
  view.setFloat32(0, magic, true);
  view.setInt32(4, width, true);
  view.setInt32(8, height, true);
  values.forEach((value, i) => view.setFloat32(12 + 4 * i, value, true));
  return new Uint8Array(view.buffer);
}

Deno.test("readFlo() reads rows of (x, y) and turns the mark of unknown flow into NaN", async () => {
  await inTempFolder((folder) => {
    put(`${folder}/a.flo`, flo(2, 1, [1.5, -2, 1.7e9, 3]));
    assertEquals(readFlo(`${folder}/a.flo`), { width: 2, height: 1, data: Float32Array.of(1.5, -2, NaN, NaN) });
  });
});

Deno.test("readFlo() names the file that is absent, cut, too long or something else", async () => {
  await inTempFolder((folder) => {
    const path = `${folder}/a.flo`;
    const message = (bytes: Uint8Array) => {
      put(path, bytes);
      return assertThrows(() => readFlo(path), InputError).message;
    };
    assert(message(flo(2, 2, [1, 2, 3])).endsWith("2x2 pixels need 44 bytes, the file has 24: truncated?"));
    assert(message(flo(1, 1, [1, 2, 3])).includes("need 20 bytes, the file has 24"));
    assert(message(flo(1, 1, [1, 2], 1)).includes("mark of a .flo file"));
    assert(message(flo(-1, 1, [])).includes("its size is -1x1"));
    assert(message(new Uint8Array(3)).startsWith(`Cannot read "${path}"`));
    assert(assertThrows(() => readFlo(`${folder}/no.flo`), InputError).message.includes("no such file"));
  });
});

sharedTest("readFlo() reads the real flow of RubberWhale", "data/middlebury", () => {
  const { width, height, data } = readFlo(sharedPath("data/middlebury/RubberWhale/flow10.flo"));
  assertEquals([width, height], [584, 388]);
  let unknown = 0, largest = 0;
  for (const value of data) {
    if (Number.isNaN(value)) unknown++;
    else largest = Math.max(largest, Math.abs(value));
  }
  // Counted and measured with numpy over the file.
  assertEquals(unknown / 2, 3622);
  assertAlmostEquals(largest, 4.57573938369751, 1e-5);
});
