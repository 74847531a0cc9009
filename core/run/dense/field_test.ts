import { assertAlmostEquals, assertEquals } from "@std/assert";
import { divideGrid, paddedFrame, sampledGrid, stretchFrame } from "../../frame.ts";
import { followFlow } from "../../match/sample.ts";
import type { Lattice } from "../../types.ts";
import { fieldBy, pixelLattice } from "./_testing.ts";
import { fieldOf } from "./field.ts";

const SIZE = { width: 13, height: 9 };
const NETWORK = { width: 32, height: 24 };

const lattices: Record<string, Lattice> = {
  "half-pixel": { frame: stretchFrame(SIZE, NETWORK), grid: divideGrid(NETWORK, 3, 4, "half-pixel") },
  "align-corners": {
    frame: stretchFrame(SIZE, NETWORK, "align-corners"),
    grid: divideGrid(NETWORK, 3, 4, "align-corners"),
  },
  padded: {
    frame: paddedFrame(SIZE, { width: 26, height: 18 }, { x: 3, y: 3 }, NETWORK),
    grid: divideGrid(NETWORK, 3, 4, "half-pixel"),
  },
  sampled: { frame: stretchFrame(SIZE, SIZE), grid: sampledGrid(2, 3, { x: 5, y: 4 }, { x: 1.5, y: 2 }) },
  "one cell": { frame: stretchFrame(SIZE, NETWORK), grid: divideGrid(NETWORK, 1, 1, "half-pixel") },
};

for (const [name, lattice] of Object.entries(lattices)) {
  Deno.test(`fieldOf() is followFlow() at every pixel, unknown cells included (${name})`, () => {
    const { rows, cols } = lattice.grid;
    const data = Float32Array.from({ length: rows * cols * 2 }, (_, i) => (i * 37 % 101) / 4);
    if (rows * cols > 4) data.fill(NaN, 2, 4).fill(NaN, 8, 10);
    const pixels = fieldBy(SIZE, (x, y) => [x, y]);
    const expected = followFlow(
      { source: lattice, target: lattice, data },
      { n: pixels.length / 2, xy: Float64Array.from(pixels) },
    ).xy;
    const actual = fieldOf({ lattice, data });
    assertEquals(actual.length, expected.length);
    actual.forEach((value, i) =>
      Number.isNaN(expected[i]!) ? assertEquals(value, NaN) : assertAlmostEquals(value, expected[i]!, 1e-5)
    );
  });
}

Deno.test("fieldOf() leaves a field of one cell per pixel as it is", () => {
  const data = fieldBy(SIZE, (x, y) => x === 3 ? [NaN, NaN] : [y / 3, x / 7]);
  assertEquals(fieldOf({ lattice: pixelLattice(SIZE), data }), data);
});
