import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { divideGrid, stretchFrame } from "../../frame.ts";
import { decodeFlow, encodeFlow } from "./flow_file.ts";

function latticeOf(rows: number, cols: number) {
  const network = { width: 8 * cols, height: 8 * rows };
  return {
    frame: stretchFrame({ width: 31, height: 17 }, network),
    grid: divideGrid(network, rows, cols, "half-pixel"),
  };
}

Deno.test("a stored flow comes back bit for bit; a cell with one unknown coordinate is unknown", () => {
  const value = fc.float({ noDefaultInfinity: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.infiniteStream(value),
      (rows, cols, values) => {
        const data = Float32Array.from({ length: rows * cols * 2 }, () => values.next().value!);
        const back = decodeFlow("a", encodeFlow("a", { lattice: latticeOf(rows, cols), data }))!;
        assertEquals(back.lattice, latticeOf(rows, cols));
        for (let i = 0; i < data.length; i += 2) {
          const known = Number.isFinite(data[i]!) && Number.isFinite(data[i + 1]!);
          assertEquals([...back.data.subarray(i, i + 2)], known ? [data[i]!, data[i + 1]!] : [NaN, NaN]);
        }
      },
    ),
  );
});

Deno.test("equal predictions give equal bytes, whatever their NaN looks like; a smooth field gets small", () => {
  const odd = new Float32Array(new Uint32Array([0xffc01234, 0x3f800000]).buffer);
  const lattice = latticeOf(1, 1);
  assertEquals(
    encodeFlow("a", { lattice, data: odd }),
    encodeFlow("a", { lattice, data: Float32Array.of(Infinity, 2) }),
  );
  const data = Float32Array.from({ length: 100 * 100 * 2 }, (_, i) => Math.floor(i / 2) % 100 + 7);
  const size = encodeFlow("a", { lattice: latticeOf(100, 100), data }).length;
  assert(size < data.byteLength / 10, `${size} bytes`);
});

Deno.test("a method may give a whole picture where a size is asked for; its pixels are not stored", () => {
  const data = new Float32Array(2);
  const lattice = latticeOf(1, 1);
  const picture = { pixels: Array(5000).fill(1), ...lattice.frame.original };
  const frame = { ...lattice.frame, original: picture, network: { ...picture, ...lattice.frame.network } };
  assertEquals(encodeFlow("a", { lattice: { ...lattice, frame }, data }), encodeFlow("a", { lattice, data }));
});

Deno.test("decodeFlow() refuses another label, cut and foreign bytes, and a file that would unpack to more", () => {
  const whole = encodeFlow("a", { lattice: latticeOf(4, 4), data: new Float32Array(32).fill(3) });
  assertNotEquals(decodeFlow("a", whole), undefined);
  assertEquals(decodeFlow("b", whole), undefined);
  assertEquals(decodeFlow("a", whole.subarray(0, whole.length - 2)), undefined);
  assertEquals(decodeFlow("a", new TextEncoder().encode("no flow\n")), undefined);
  const text = new TextDecoder("latin1").decode(whole);
  const smaller = Uint8Array.from(text.replace('"rows":4', '"rows":1'), (c) => c.charCodeAt(0));
  assertEquals(decodeFlow("a", smaller), undefined);
});
