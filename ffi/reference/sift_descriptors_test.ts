import { assertAlmostEquals, assertEquals } from "@std/assert";
import { siftDescriptors } from "./sift_descriptors.ts";

Deno.test("siftDescriptors() gives one lone gradient to its bin, cut and stretched to the whole length again", () => {
  // Bins 2 apart: of the descriptor at (1, 0) only bin x = 3, y = 1 (row 2, column 7) has anything, at orientation 1.
  const width = 9, height = 8, planes = new Float32Array(width * height * 8), out = new Float32Array(128);
  planes[(2 * width + 7) * 8 + 1] = 3;
  siftDescriptors(
    planes,
    width,
    new Float32Array(16).fill(1),
    { bin: 2, top: 0, left: 1, step: 1, rows: 1, cols: 1 },
    out,
  );
  // From +y towards +x: 45 degrees; from +x towards +y it is 45 too. 512 times a unit vector is cut at 255.
  assertEquals([...out].flatMap((v, i) => v > 0 ? [[i, v]] : []), [[(1 * 4 + 3) * 8 + 1, 255]]);
});

Deno.test("siftDescriptors() weighs bins, and cuts values before the second normalisation", () => {
  const width = 4, planes = new Float32Array(4 * 4 * 8), out = new Float32Array(128);
  // 16 bins of 1 and one more of 8: lengths sqrt(16 + 64) = 8.94, of which 8 becomes 0.2 and 1 becomes 0.1118.
  for (let bin = 0; bin < 16; bin++) planes[bin * 8 + 2] = 0.5;
  planes[5 * 8 + 3] = 4;
  siftDescriptors(
    planes,
    width,
    new Float32Array(16).fill(2),
    { bin: 1, top: 0, left: 0, step: 1, rows: 1, cols: 1 },
    out,
  );
  const small = 1 / Math.sqrt(80), length = Math.hypot(0.2, 4 * small);
  // VLFeat's square root is right to five millionths.
  for (let bin = 0; bin < 16; bin++) assertAlmostEquals(out[bin * 8]!, 512 * small / length, 2e-3);
  assertAlmostEquals(out[5 * 8 + 7]!, 512 * 0.2 / length, 2e-3);
  assertEquals(out.filter((v) => v > 0).length, 17);
});
