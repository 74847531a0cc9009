import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { sharedPath, sharedTest } from "../../../core/testing/shared.ts";
import chm from "./chm.golden.ts";
import { bestScale, scaledSide } from "./learner.ts";
import { readOut, underGaussian } from "./transfer.ts";

sharedTest("the learner and its read-out give the recorded values of CHM", "golden/chm", async () => {
  let checks = 0;
  for await (const { name, error, tolerance, pass, note } of chm.run(sharedPath("golden/chm"))) {
    checks++;
    assert(pass, `${name}: error ${error}, allowed ${tolerance}${note ? `, ${note}` : ""}`);
  }
  // 31 outputs on the reference and on the CPU, and once more where a GPU answers.
  assert(checks === 62 || checks === 93, `${checks} checks`);
});

Deno.test("scaledSide() of 15 cells gives the published 11, 15, 21", () => {
  assertEquals([0.5, 1, 2].map((scale) => scaledSide(15, scale)), [11, 15, 21]);
  assertEquals([scaledSide(1, 6.25), scaledSide(1, 12.25)], [2, 4]); // 2.5 and 3.5 go to the even number
});

Deno.test("bestScale() takes the largest of nine, between 0 and 1", () => {
  const x = new Float32Array(18).fill(-5);
  x[0 * 2] = 0;
  x[4 * 2 + 1] = Math.log(3);
  const out = bestScale(x);
  assertAlmostEquals(out[0]!, 0.5, 1e-7);
  assertAlmostEquals(out[1]!, 0.75, 1e-6);
});

Deno.test("underGaussian() keeps the best cell's value and weakens the others by their distance", () => {
  const row = new Float32Array(9).fill(1);
  row[4] = 2;
  const out = underGaussian(row, 3, 1);
  assertEquals(out[4], 2);
  assertAlmostEquals(out[0]!, Math.exp(-1), 1e-7);
  assertAlmostEquals(out[1]!, Math.exp(-0.5), 1e-7);
});

Deno.test("readOut() goes where sharp rows point, and asks the nearest cell when none is near", () => {
  // 3 x 3 cells, every row certain of cell 8, the lower right corner (1, 1).
  const confidence = new Float32Array(81);
  for (let cell = 0; cell < 9; cell++) confidence[cell * 9 + 8] = 1000;
  const near = readOut(confidence, [0, 0, 0.4, -0.4], { side: 3, sigma: 17, reach: 0.1 });
  for (const value of near) assertAlmostEquals(value, 1, 1e-6);
});
