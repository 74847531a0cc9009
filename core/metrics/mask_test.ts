import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { pointsOf } from "../frame.ts";
import {
  fillPolygon,
  intersectionOverUnion,
  labelTransferAccuracy,
  localisationError,
  type Mask,
  warpMask,
  warpMaskByFlow,
} from "./mask.ts";

function mask(...rows: string[]): Mask {
  return { width: rows[0]!.length, height: rows.length, data: Uint8Array.from(rows.join(""), Number) };
}

/** The grid that maps every pixel to itself, corners aligned. */
function identity(width: number, height: number) {
  const data = new Float32Array(width * height * 2);
  for (let i = 0; i < width * height; i++) {
    data[2 * i] = 2 * (i % width) / (width - 1) - 1;
    data[2 * i + 1] = 2 * Math.floor(i / width) / (height - 1) - 1;
  }
  return { width, height, data, alignCorners: true };
}

Deno.test("fillPolygon() holds the outline and the inside", () => {
  const square = fillPolygon(pointsOf([[1, 1], [3, 1], [3, 3], [1, 3]]), { width: 5, height: 5 });
  assertEquals(square, mask("00000", "01110", "01110", "01110", "00000"));
  const triangle = fillPolygon(pointsOf([[0, 0], [4, 0], [0, 4]]), { width: 5, height: 5 });
  assertEquals(triangle, mask("11111", "11110", "11100", "11000", "10000"));
});

Deno.test("fillPolygon() cuts at the picture and leaves the notch of a concave outline empty", () => {
  assertEquals(
    fillPolygon(pointsOf([[-9, -9], [1, -9], [1, 1], [-9, 1]]), { width: 3, height: 3 }),
    mask("110", "110", "000"),
  );
  const notch = fillPolygon(pointsOf([[0, 0], [2, 1.5], [4, 0], [4, 3], [0, 3]]), { width: 5, height: 4 });
  assertEquals(notch, mask("10001", "11011", "11111", "11111"));
});

Deno.test("labelTransferAccuracy() and intersectionOverUnion() count pixels", () => {
  const a = mask("1100", "0000");
  const b = mask("0110", "0000");
  assertEquals([labelTransferAccuracy(a, b), intersectionOverUnion(a, b)], [6 / 8, 1 / 3]);
  assertEquals(intersectionOverUnion(mask("00"), mask("00")), 1);
  assertThrows(() => intersectionOverUnion(a, mask("1")), InputError, "4 x 2 and 1 x 1");
});

Deno.test("warpMask() and warpMaskByFlow() leave a mask as it is under the identity", () => {
  const one = mask("0110", "0011", "0000");
  assertEquals(warpMask(one, identity(4, 3)), one);
  assertEquals(warpMaskByFlow(one, new Float32Array(24), one), one);
});

Deno.test("warpMaskByFlow() reads where the flow points, zero outside, and one half is background", () => {
  const one = mask("1111");
  const flow = (dx: number) => Float32Array.from([dx, 0, dx, 0, dx, 0, dx, 0]);
  assertEquals(warpMaskByFlow(one, flow(1), one), mask("1110"));
  assertEquals(warpMaskByFlow(one, flow(0.5), one), mask("1110"));
  assertEquals(warpMaskByFlow(one, flow(-0.25), one), mask("1111"));
});

Deno.test("localisationError() is zero for a box that keeps its relative place, up to the 1-based offset", () => {
  // Same mask, identity: x1 = x2, so what remains is the cut of 1-based positions, here none; borders are left out.
  const one = mask("0000", "0110", "0110", "0000");
  assertAlmostEquals(localisationError(one, one, identity(4, 4)), 0, 1e-12);
  // Half as wide a source box: positions differ by |x2 - 1| / 1 - |x1 - 1| / 2 at x = 2, 3 -> 0.5 and 1; y agrees.
  const half = mask("0000", "0100", "0100", "0000");
  assertAlmostEquals(localisationError(half, one, identity(4, 4)), 0.75, 1e-12);
});

Deno.test("localisationError() refuses empty masks and grids that point outside", () => {
  const one = mask("11", "11");
  assertThrows(() => localisationError(mask("00", "00"), one, identity(2, 2)), InputError, "source mask is empty");
  const outside = { ...identity(2, 2), data: new Float32Array(8).fill(3) };
  assertThrows(() => localisationError(one, one, outside), InputError, "no target pixel");
});
