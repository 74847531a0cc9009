import { assertEquals, assertThrows } from "@std/assert";
import { openOps } from "../../ffi/mod.ts";
import { identityFrame, sampledGrid } from "../frame.ts";
import { denseSift, type DenseSiftOptions, denseSiftPlanes, hasPlanes } from "./dense_sift.ts";
import { siftParts } from "./sift_parts.ts";

/** Edges, slopes and a flat corner. */
function plane(width: number, height: number) {
  const data = Float32Array.from({ length: width * height }, (_, i) => {
    const x = i % width, y = Math.floor(i / width);
    return x + y < 12 ? 80 : Math.floor(128 + 90 * Math.sin(x / 2.3 + Math.sin(y / 3.1) * 2) + (x * y) % 7);
  });
  return { width, height, data };
}

function parts(image: ReturnType<typeof plane>, options: DenseSiftOptions) {
  const [planes] = denseSiftPlanes(image, options);
  const grid = sampledGrid(planes!.rows, planes!.cols, { x: options.step, y: options.step }, planes!.origin);
  return siftParts(planes!, "sift", { frame: identityFrame(image), grid });
}

for (const ops of ["reference", "cpu"] as const) {
  Deno.test(`siftParts() by ops=${ops} gives bit by bit the descriptors of dense SIFT`, async () => {
    using opened = await openOps({ ops, threads: 2 });
    for (
      const options of [
        { bins: [4], step: 1, window: "flat", pad: true },
        { bins: [3], step: 2, window: "flat", pad: false, magnif: 6, windowSize: 1.5 },
      ] satisfies DenseSiftOptions[]
    ) {
      const image = plane(47, 33), map = parts(image, options);
      const [whole] = denseSift(image, options);
      using open = await map.open(opened);
      const { rows, cols } = map.grid;
      const block = { left: 3, top: 2, right: cols - 1, bottom: rows };
      for (const step of [1, 5]) {
        using found = await open.part(block, step);
        const [high, wide] = [Math.ceil((rows - 2) / step), Math.ceil((cols - 4) / step)];
        assertEquals(found.shape, [high, wide, 128]);
        const expected = new Float32Array(high * wide * 128);
        for (let p = 0; p < high * wide; p++) {
          const from = (2 + Math.floor(p / wide) * step) * cols + 3 + p % wide * step;
          expected.set(whole!.data.subarray(from * 128, from * 128 + 128), p * 128);
        }
        assertEquals(await found.read(), expected);
      }
    }
  });
}

Deno.test("denseSiftPlanes() is refused where descriptors are more than the planes say", () => {
  const plain: DenseSiftOptions = { bins: [4], step: 1, window: "flat", pad: true };
  assertEquals(hasPlanes(plain), true);
  for (const other of [{ window: "gaussian" }, { output: "round" }, { contrast: 1 }, { norms: true }] as const) {
    assertEquals(hasPlanes({ ...plain, ...other }), false);
    assertThrows(() => denseSiftPlanes(plane(20, 20), { ...plain, ...other }), RangeError, "Cannot give the planes");
  }
  assertThrows(() => denseSiftPlanes(plane(20, 20), { ...plain, rootsift: true }), RangeError, "not for rootsift");
});
