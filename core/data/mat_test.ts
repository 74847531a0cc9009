import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { sharedPath, sharedTest } from "../testing/shared.ts";
import { concat, element, writeMat } from "./testing/mat_writer.ts";
import { type MatChar, MatFile, type MatNumeric, matRows, type MatStruct, parseMat, readMat } from "./mat.ts";

/** Written by scipy.io.savemat 1.17.1 with do_compression=True; the values are those asserted in the first test. */
const SCIPY = Uint8Array.fromBase64(
  "TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IE1vbiBOb3YgMjMgMTQ6Mzg6MDggMjAyNgAAAAAAAAAAAAAA" +
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABSU0PAAAAOgAAAHic42NgYEgAYjYg5oDSIMAK5TMBMTMQMwJhCpDmBGID" +
    "Bhj4YA+hBRygAlBa7ACE/lEPVVcPALyjBq8PAAAAJQAAAHic42NgYDAAYjYg5oBiEGCFshmBmAlMMzFkWkDo/0ABAB4eAg0PAAAAKwAAAHic42Ng" +
    "YDAAYjYg5gBibgYIYIXymYCYEYyZGUoNzRhYgJCR4f9/ACAqA08PAAAAKwAAAHic42NgYLAAYjYg5gBidgYIYIXyGYGYCUwzMhRD5TkgSuwZGBrs" +
    "ACPTAe0PAAAAKQAAAHic42NgYLAAYjYg5gBiPgYIYIXyGeGYmSHTzISBByr+8z8EAABNmAlPDwAAACkAAAB4nONjYGAwAGI2IOYAYk4mBjBghfIZ" +
    "gZgZTDMyJAFpJiAPxAYAF/AA1A8AAAArAAAAeJzjY2BgsABiNiDmAGIWBghghfIZoWxGIEwG0gJQfkZqTk4+kAYALK0C+g8AAAAwAAAAeJzjY2Bg" +
    "sABiNiDmAGIWBghghfKZgJgZiBmBMkX55cUCULWJFUmVyVUMDABH3QTiDwAAADYAAAB4nONjYGCIAGI2IOYA0SACCFihfEYgZgLTjAxVQJoTiAUY" +
    "YOCDPYTmcEAVZ3CAUAIHAIR1A8gPAAAAUwAAAHic42NgYHgAxGxAzAHEjAwQwIrEZwbTLAzJqTk5fEC2A5J6NizqmZDM4QRiAQYY+GAPZTiAzDFA" +
    "MoeFgDkCQF5iEgMDuj50+2EA2X4QAACVlQZODwAAAGQAAAB4nONjYGCwYGRgYAPSHEDMxAABrFA+I1SMEUgWl4DEWcByIHEuIK4AKc5LzE2F6uMD" +
    "mceAMI8Ni3kwDAKcUHEI+GEP0m+ApJ8Fi35mJP0CQF5+XiqF9rI4kGNvSXk+AwAkFAl7DwAAAE8AAAB4nONjYGA4AcRsQMwBxEwMEMAK5TPCMSND" +
    "HlicBayWEaonMy8vtQhI8wFxA1HmwMRZwHKMUDUpqakFDFBzLJDMYSNgDidUHAKUHAAsAwbVDwAAAC0AAAB4nONjYGCwAGI2IOYAYhYGCGCF8hmB" +
    "mAlMMzKUAmkBqNzhlY+a1gBpADabBHE=",
);

function numbers(file: MatFile, name: string): number[] {
  return [...file.numeric(name).data];
}

Deno.test("readMat() reads every class as scipy wrote it", () => {
  const file = parseMat(SCIPY, "a.mat");
  assertEquals(matRows(file.numeric("d")).map((row) => [...row]), [[1, 2, NaN], [4, -5.5, Infinity]]);
  assertEquals(numbers(file, "i8"), [-1, 2]);
  assertEquals([file.numeric("u16").dims, numbers(file, "u16")], [[2, 1], [1, 65535]]);
  assertEquals(numbers(file, "s"), [0.5, 0.25]);
  assertEquals([file.numeric("i64").class, numbers(file, "i64")], ["int64", [-7]]);
  assertEquals([file.numeric("b").class, numbers(file, "b")], ["logical", [1, 0, 1]]);
  assertEquals(file.get("c"), { kind: "char", dims: [1, 5], rows: ["hello"] });
  assertEquals(file.get("rows"), { kind: "char", dims: [2, 3], rows: ["abc", "xyz"] });
  assertEquals(file.get("u"), { kind: "char", dims: [1, 2], rows: ["é€"] });
  assertEquals([numbers(file, "z"), [...file.numeric("z").imaginary!]], [[1, 3], [2, -4]]);
});

Deno.test("readMat() reads cells, struct arrays and structs in structs", () => {
  const file = parseMat(SCIPY, "a.mat");
  const cell = file.get("cell");
  assert(cell.kind === "cell");
  assertEquals(cell.items.map((item) => item.kind), ["numeric", "char", "numeric"]);
  assertEquals((cell.items[2] as MatNumeric).dims, [0, 0]);
  const structs = file.get("st") as MatStruct;
  assertEquals(structs.items.map((item) => [...(item.get("x") as MatNumeric).data]), [[1.5], [2.5]]);
  assertEquals(structs.items.map((item) => (item.get("name") as MatChar).rows), [["one"], ["two"]]);
  const inner = file.struct("n").get("inner") as MatStruct;
  assertEquals([...(inner.items[0]!.get("deep") as MatNumeric).data], [9]);
});

for (const bigEndian of [false, true]) {
  for (const compress of [false, true]) {
    Deno.test(`readMat() reads doubles, bigEndian=${bigEndian}, compress=${compress}`, () => {
      const bytes = writeMat({ a: [[1, 2, 3], [4, 5, 6]], longer_name: [[-0.1]] }, { bigEndian, compress });
      const file = parseMat(bytes, "a.mat");
      assertEquals(matRows(file.numeric("a")).map((row) => [...row]), [[1, 2, 3], [4, 5, 6]]);
      assertEquals(numbers(file, "longer_name"), [-0.1]);
    });
  }
}

Deno.test("readMat() of a file cut anywhere is an InputError or holds fewer variables", () => {
  for (const whole of [SCIPY, writeMat({ a: [[1, 2], [3, 4]], b: [[5]] })]) {
    const all = parseMat(whole, "a.mat").variables.size;
    for (let length = 0; length < whole.length; length++) {
      try {
        assert(parseMat(whole.subarray(0, length), "cut.mat").variables.size < all);
      } catch (error) {
        assert(error instanceof InputError, String(error));
        assert(error.message.startsWith('Cannot read "cut.mat": '), error.message);
      }
    }
  }
});

Deno.test("readMat() of damaged bytes never throws anything but an InputError", () => {
  const whole = writeMat({ a: [[1, 2], [3, 4]], b: [[5]] });
  for (const bytes of [SCIPY, whole]) {
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[at]! ^= mask;
        try {
          parseMat(damaged, "a.mat");
        } catch (error) {
          assert(error instanceof InputError, `${error} at byte ${at}`);
        }
      }
    }
  }
});

Deno.test("readMat() tells other formats apart and says what to do", () => {
  const text = (s: string) => new TextEncoder().encode(s.padEnd(200));
  const message = (bytes: Uint8Array) => assertThrows(() => parseMat(bytes, "a.mat"), InputError).message;
  assert(message(text("MATLAB 7.3 MAT-file, Platform")).includes("version 7.3 (HDF5) file"));
  assert(message(Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10)).includes("-v7"));
  assert(message(new Uint8Array(200)).includes("level 4"));
  assert(message(text("x,y\n1,2\n")).includes("no MATLAB level 5 file"));
  assertEquals(message(new Uint8Array()), 'Cannot read "a.mat": the file is empty');
});

Deno.test("readMat() refuses data that unpacks to more than the limit", () => {
  const bytes = writeMat({ a: [Array(1e5).fill(0)] }, { compress: true });
  assert(bytes.length < 2000);
  assertEquals(parseMat(bytes, "a.mat").numeric("a").data.length, 1e5);
  const { message } = assertThrows(() => parseMat(bytes, "a.mat", { maxBytes: 1e5 }), InputError);
  assertEquals(message, 'Cannot read "a.mat": its compressed data unpacks to more than the limit: refused');
});

Deno.test("readMat() refuses counts that the bytes cannot hold before taking memory", () => {
  const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
  const header = writeMat({});
  const cell = element(
    14,
    concat([element(6, words(1, 0)), element(5, words(60000, 60000)), element(1, new Uint8Array([97]))]),
  );
  const { message } = assertThrows(() => parseMat(concat([header, cell]), "a.mat"), InputError);
  assert(message.includes("announces 3600000000 items"), message);
});

Deno.test("MatFile names file and variable when something else is there", () => {
  const file = parseMat(SCIPY, "dir/a.mat");
  assert(
    assertThrows(() => file.get("kps"), InputError).message.startsWith('Cannot read "dir/a.mat": it has no variable'),
  );
  assertEquals(
    assertThrows(() => file.numeric("c"), InputError).message,
    'Cannot read "dir/a.mat": "c" is a char array, a numeric one is needed',
  );
  assert(assertThrows(() => readMat("no/such.mat"), InputError).message.includes("no such file"));
});

sharedTest("readMat() reads the real annotation of PF-WILLOW", "data/PF-WILLOW", () => {
  const file = readMat(sharedPath("data/PF-WILLOW/PF-dataset-WILLOW/duck(S)/060_0005.mat"));
  const [x, y] = matRows(file.numeric("pts_coord"));
  // As scipy.io.loadmat prints them.
  assertAlmostEquals(x![0]!, 204.54253647, 1e-8);
  assertAlmostEquals(x![9]!, 150.25125628, 1e-8);
  assertAlmostEquals(y![2]!, 61.26668585, 1e-8);
});

sharedTest("readMat() reads the real struct arrays and logical masks of FlowWeb", "data/FlowWeb-cars", () => {
  const file = readMat(sharedPath("data/FlowWeb-cars/001.mat"));
  assertEquals([file.numeric("mask").class, file.numeric("mask").dims], ["logical", [108, 150]]);
  const parts = file.get("parts") as MatStruct;
  assertEquals([parts.dims, [...parts.items[0]!.keys()]], [[1, 7], ["part_name", "mask"]]);
});
