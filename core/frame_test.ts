import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  clampPoints,
  divideGrid,
  identityFrame,
  paddedFrame,
  pointsOf,
  ratioLattice,
  resizedLattice,
  sampledGrid,
  stretchFrame,
  toCells,
  toPoints,
  withConvention,
} from "./frame.ts";
import { ConfigError } from "./errors.ts";
import type { FeatureMap, Frame } from "./types.ts";

Deno.test("stretchFrame() half-pixel maps pixel borders onto pixel borders", () => {
  // 4 pixels to 8: centre 0 covers new pixels 0 and 1, whose common centre is 0.5.
  const { x } = stretchFrame({ width: 4, height: 4 }, { width: 8, height: 8 });
  assertEquals([0, 3, -0.5, 3.5].map((p) => p * x.scale + x.shift), [0.5, 6.5, -0.5, 7.5]);
});

Deno.test("stretchFrame() align-corners maps corner centres onto corner centres", () => {
  const { x, y } = stretchFrame({ width: 5, height: 3 }, { width: 9, height: 3 }, "align-corners");
  assertEquals([0, 4].map((p) => p * x.scale + x.shift), [0, 8]);
  assertEquals(2 * y.scale + y.shift, 2);
});

Deno.test("stretchFrame() align-corners maps the only column of a one-pixel picture to 0", () => {
  const { x } = stretchFrame({ width: 1, height: 3 }, { width: 9, height: 3 }, "align-corners");
  assertEquals(0 * x.scale + x.shift, 0);
});

Deno.test("paddedFrame() adds the offset in network pixels", () => {
  const frame = paddedFrame({ width: 4, height: 2 }, { width: 8, height: 4 }, { x: 0, y: 2 }, { width: 8, height: 8 });
  assertEquals(0 * frame.y.scale + frame.y.shift, 2.5);
  assertEquals(0 * frame.x.scale + frame.x.shift, 0.5);
});

Deno.test("frames keep the size of a picture, not the picture", () => {
  const picture = { width: 2, height: 1, data: new Uint8Array(6) };
  assertEquals(Object.keys(identityFrame(picture).original), ["width", "height"]);
  assertEquals(Object.keys(paddedFrame(picture, picture, { x: 0, y: 0 }, picture).network), ["width", "height"]);
});

Deno.test("divideGrid() centres half-pixel cells at (i + 0.5) s - 0.5", () => {
  const grid = divideGrid({ width: 28, height: 14 }, 1, 2, "half-pixel");
  assertEquals(grid.stride, { x: 14, y: 14 });
  assertEquals(grid.origin, { x: 6.5, y: 6.5 });
});

Deno.test("toCells() is p / (W - 1) * (w - 1) when frame and grid are corner-aligned", () => {
  const size = { width: 100, height: 50 };
  const network = { width: 840, height: 840 };
  const lattice = {
    frame: stretchFrame(size, network, "align-corners"),
    grid: divideGrid(network, 60, 60, "align-corners"),
  };
  const { xy } = toCells(pointsOf([[33, 20]]), lattice);
  assertAlmostEquals(xy[0]!, 33 / 99 * 59, 1e-12);
  assertAlmostEquals(xy[1]!, 20 / 49 * 59, 1e-12);
});

Deno.test("toPoints() undoes toCells() on every lattice", () => {
  const side = fc.integer({ min: 2, max: 500 });
  fc.assert(
    fc.property(
      side,
      side,
      side,
      side,
      fc.boolean(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (w, h, nw, nh, align, t) => {
        const convention = align ? "align-corners" : "half-pixel";
        const network = { width: nw, height: nh };
        const lattice = {
          frame: stretchFrame({ width: w, height: h }, network, convention),
          grid: divideGrid(network, Math.max(2, nh >> 1), Math.max(2, nw >> 1), convention),
        };
        const points = pointsOf([[t * (w - 1), (1 - t) * (h - 1)]]);
        const back = toPoints(toCells(points, lattice), lattice);
        assertAlmostEquals(back.xy[0]!, points.xy[0]!, 1e-6);
        assertAlmostEquals(back.xy[1]!, points.xy[1]!, 1e-6);
      },
    ),
  );
});

const mapIn = (frame: Frame): FeatureMap => ({
  name: "tokens",
  channels: 1,
  data: new Float32Array(4),
  frame,
  grid: divideGrid(frame.network, 2, 2, "half-pixel"),
});

Deno.test("withConvention() reads a stretched picture corner on corner, and back", () => {
  const size = { width: 31, height: 17 };
  const map = mapIn(stretchFrame(size, { width: 56, height: 28 }));
  const aligned = withConvention(map, "align-corners");
  assertEquals([...toCells(pointsOf([[30, 0]]), aligned).xy], [1, 0]);
  assertEquals(withConvention(aligned, "half-pixel"), map);
  // A square picture fills the square it is padded to.
  const square = { width: 9, height: 9 }, network = { width: 56, height: 56 };
  withConvention(mapIn(paddedFrame(square, network, { x: 0, y: 0 }, network)), "align-corners");
});

Deno.test("withConvention() refuses a padded picture, were the padding one pixel", () => {
  for (const [width, height] of [[28, 56], [55, 56]] as const) {
    const offset = { x: Math.floor((56 - width) / 2), y: 0 };
    const frame = paddedFrame({ width: 2 * width, height: 2 * height }, { width, height }, offset, {
      width: 56,
      height: 56,
    });
    const refused = () => withConvention(mapIn(frame), "align-corners");
    assertThrows(refused, ConfigError, "needs a stretched picture");
    assertThrows(refused, ConfigError, "fit=stretch");
  }
});

Deno.test("ratioLattice() is p / W * (cells - 1), and refuses a padded picture", () => {
  const original = { width: 480, height: 120 }, network = { width: 240, height: 240 };
  const lattice = ratioLattice(mapIn(stretchFrame(original, network)), 31, 31);
  // The right border, not the last pixel's centre, lies on the last column.
  assertEquals([...toCells(pointsOf([[0, 0], [480, 60]]), lattice).xy], [0, 0, 30, 15]);
  const padded = paddedFrame(original, { width: 240, height: 60 }, { x: 0, y: 90 }, network);
  assertThrows(() => ratioLattice(mapIn(padded), 30, 30), ConfigError, "fit=stretch");
});

Deno.test("resizedLattice() keeps corner cells where they are", () => {
  const network = { width: 16, height: 8 };
  const lattice = { frame: identityFrame(network), grid: divideGrid(network, 2, 4, "half-pixel") };
  const { grid } = resizedLattice(lattice, 3, 7);
  // Four columns at 1.5, 5.5, 9.5, 13.5 become seven, two rows at 1.5, 5.5 become three.
  assertEquals([grid.origin, grid.stride], [{ x: 1.5, y: 1.5 }, { x: 2, y: 2 }]);
});

Deno.test("sampledGrid() counts cells from its origin", () => {
  const lattice = {
    frame: identityFrame({ width: 20, height: 20 }),
    grid: sampledGrid(3, 3, { x: 4, y: 4 }, { x: 6, y: 6 }),
  };
  assertEquals([...toCells(pointsOf([[6, 10]]), lattice).xy], [0, 1]);
});

Deno.test("clampPoints() moves points to the nearest pixel centre of the border", () => {
  assertEquals([...clampPoints(pointsOf([[-3, 5], [12, 9.5]]), { width: 10, height: 10 }).xy], [0, 5, 9, 9]);
});
