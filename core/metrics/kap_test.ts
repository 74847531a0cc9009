import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { averagePrecision, type KapPair, keypointAveragePrecision } from "./kap.ts";

Deno.test("averagePrecision() steps by recall and takes ties together", () => {
  const rank = (list: [number, boolean][]) => averagePrecision(list.map(([score, positive]) => ({ score, positive })));
  // Ranks + - +: 1/2 * 1/1 + 1/2 * 2/3.
  assertAlmostEquals(rank([[3, true], [2, false], [1, true]]), 0.5 + 0.5 * 2 / 3, 1e-15);
  // A tie of + and -: precision 1/2 at full recall.
  assertEquals(rank([[1, true], [1, false]]), 0.5);
  assertEquals(rank([[1, false]]), 0);
});

/** A 2 x 2 map over 20 px: the point lies in the first cell. */
function pair(similarity: number[], target: KapPair["queries"][0]["target"] = { x: 0, y: 0 }): KapPair {
  return { id: "a", side: 20, cells: 2, threshold: 10, queries: [{ similarity, target }] };
}

Deno.test("keypointAveragePrecision() is 1 where the right disc is most similar and 1/2 where it is not", () => {
  for (const rule of ["occlusion-aware", "jamaisvu", "sphericalmaps"] as const) {
    assertEquals(keypointAveragePrecision([pair([9, 1, 2, 0])], [0.1], rule, "point"), [1]);
    assertEquals(keypointAveragePrecision([pair([1, 9, 2, 0])], [0.1], rule, "point"), [0.5]);
  }
});

Deno.test("keypointAveragePrecision() punishes certainty about a hidden keypoint, which the defect overlooks", () => {
  const seen = pair([8, 1, 2, 0]);
  const hidden = pair([10, 0, 1, 1], null);
  // Scaled per pair both peaks are 1: tied positive and negative, then seen's negative 2/8: precision 1/2.
  assertEquals(keypointAveragePrecision([seen, hidden], [0.1], "occlusion-aware", "point"), [0.5]);
  // The defect calls the hidden peak a positive at (0, 0).
  assertEquals(keypointAveragePrecision([seen, hidden], [0.1], "jamaisvu", "point"), [1]);
});

Deno.test("keypointAveragePrecision() per image is the mean of the pairs' own", () => {
  const pairs = [pair([9, 1, 2, 0]), pair([1, 9, 2, 0])];
  assertEquals(keypointAveragePrecision(pairs, [0.1], "occlusion-aware", "image"), [0.75]);
});

Deno.test("keypointAveragePrecision() names the pair of bad input", () => {
  const run = (one: KapPair) => () => keypointAveragePrecision([one], [0.1], "occlusion-aware", "point");
  assertThrows(run(pair([1, 2, 3])), InputError, 'pair "a": similarity holds 3 of 4');
  assertThrows(run(pair([1, NaN, 3, 4])), InputError, "NaN at cell 1");
  assertThrows(run({ ...pair([]), queries: [] }), InputError, "no keypoint is visible");
});
