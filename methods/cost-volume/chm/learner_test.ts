import { assertAlmostEquals, assertEquals } from "@std/assert";
import { goldenTest } from "../../../core/golden/testing.ts";
import chm from "./chm.golden.ts";
import { bestScale } from "./learner.ts";
import { scaledSide } from "./pyramid.ts";

goldenTest(chm);

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
