import { assertAlmostEquals, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../errors.ts";
import { divideGrid, paddedFrame, sampledGrid, stretchFrame } from "../frame.ts";
import { resizeHwc } from "../image/resize.ts";
import { mapOf, values } from "./_maps.ts";
import { finerGrid, resampleMap } from "./resample.ts";

Deno.test("resampleMap() by geometry is torch's half-pixel rule where both maps divide the same picture", () => {
  const map = mapOf(3, 4, 2, values(24));
  const to = mapOf(8, 6, 1, values(48));
  const want = resizeHwc(map.data, { rows: 3, cols: 4, channels: 2 }, { rows: 8, cols: 6 }, { kernel: "bilinear" });
  for (const how of ["geometry", "half-pixel"] as const) {
    resampleMap(map, to, how).data.forEach((value, i) => assertAlmostEquals(value, want[i]!, 1e-6));
  }
});

Deno.test("resampleMap() corner on corner puts the middle of three cells between two", () => {
  const map = mapOf(1, 2, 1, [2, 6]);
  assertEquals([...resampleMap(map, mapOf(1, 3, 1, [0, 0, 0]), "align-corners").data], [2, 4, 6]);
  // By geometry the outer cells (at 3.5 and 19.5 pixels) lie outside the two centres (5.5 and 17.5), borders repeat.
  assertEquals([...resampleMap(map, mapOf(1, 3, 1, [0, 0, 0]), "geometry").data], [2, 4, 6]);
  assertEquals([...resampleMap(map, mapOf(1, 4, 1, [0, 0, 0, 0]), "geometry").data], [2, 3, 5, 6]);
});

Deno.test("resampleMap() meets a padded picture where it lies, and refuses to do so corner on corner", () => {
  // 24 x 24 pixels at the right of 48 x 24: the left half of the padded map is padding.
  const original = { width: 24, height: 24 };
  const network = { width: 48, height: 24 };
  const padded = {
    ...mapOf(1, 4, 1, [9, 9, 1, 3]),
    frame: paddedFrame(original, original, { x: 24, y: 0 }, network),
    grid: divideGrid(network, 1, 4, "half-pixel"),
  };
  const to = mapOf(1, 2, 1, [0, 0]);
  assertEquals([...resampleMap(padded, to, "geometry").data], [1, 3]);
  assertThrows(() => resampleMap(padded, to, "align-corners"), ConfigError, "fitted in another way");
});

Deno.test("resampleMap() leaves a map alone that has the cells already", () => {
  const map = mapOf(2, 2, 3, values(12));
  assertStrictEquals(resampleMap(map, mapOf(2, 2, 1, values(4)), "geometry").data, map.data);
  assertStrictEquals(resampleMap(map, mapOf(2, 2, 1, values(4)), "align-corners").data, map.data);
});

Deno.test("finerGrid() divides cells: half-pixel and sampled grids keep the picture, aligned corners keep the corners", () => {
  const size = { width: 24, height: 12 };
  assertEquals(finerGrid(divideGrid(size, 3, 6, "half-pixel"), 2), divideGrid(size, 6, 12, "half-pixel"));
  assertEquals(finerGrid(divideGrid(size, 3, 6, "align-corners"), 2), divideGrid(size, 6, 12, "align-corners"));
  // Cells of 8 pixels centred at 10 and 18 span 6..22; halves are centred at 8, 12, 16, 20.
  assertEquals(
    finerGrid(sampledGrid(1, 2, { x: 8, y: 8 }, { x: 10, y: 3 }), 2),
    sampledGrid(2, 4, { x: 4, y: 4 }, { x: 8, y: 1 }),
  );
  assertEquals(stretchFrame(size, size).x, { scale: 1, shift: 0 });
});
