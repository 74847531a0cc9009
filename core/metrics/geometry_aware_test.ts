import { assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { BOX, pairOf, protocolOf } from "./_testing.ts";
import { geometryAwareMask, renumberedGroups, scoreGeometryAware } from "./geometry_aware.ts";

const groups = { cat: [["0", "1"], ["2", "3"], ["4"]] };
const unmatched = (source: string[], target: string[]) => ({ source, target });

Deno.test("geometryAwareMask() needs two members of a group visible in the target", () => {
  const truth = [[0, 5], [1, 5], [2, 5]] as const;
  const pair = pairOf("a", truth, truth, { keypoints: ["0", "2", "4"] });
  assertEquals([...geometryAwareMask(pair, groups)], [0, 0, 0]);
  assertEquals([...geometryAwareMask({ ...pair, unmatched: unmatched([], ["1"]) }, groups)], [1, 0, 0]);
  assertEquals([...geometryAwareMask({ ...pair, unmatched: unmatched(["1", "3"], []) }, groups)], [0, 0, 0]);
});

Deno.test("scoreGeometryAware() scores those points only and counts pairs and points", () => {
  const truth = [[10, 5], [20, 5], [30, 5]] as const;
  const pairs = [
    pairOf("a", truth, [[10, 5], [90, 5], [90, 5]], { keypoints: ["0", "1", "4"] }),
    pairOf("b", [[10, 5]], [[10, 5]], { keypoints: ["4"] }),
  ];
  const got = scoreGeometryAware(pairs, protocolOf(), BOX, groups);
  assertEquals([got.scores.values, got.scores.pairs, got.pairRatio, got.pointRatio], [[0.5], 1, 0.5, 0.5]);
  assertEquals(got.categories, [{ name: "cat", pairs: 2, points: 4, awarePairs: 1, awarePoints: 2 }]);
});

Deno.test("geometryAwareMask() refuses pairs without names or groups", () => {
  const pair = pairOf("a", [[0, 5]], [[0, 5]]);
  assertThrows(() => geometryAwareMask(pair, groups), InputError, 'pair "a"');
  assertThrows(() => geometryAwareMask({ ...pair, keypoints: ["0"], category: "dog" }, groups), InputError, '"dog"');
});

Deno.test("renumberedGroups() numbers used keypoints in list order, which misnames interleaved groups only", () => {
  const pair = pairOf("a", [[0, 5], [1, 5]], [[0, 5], [1, 5]], {
    keypoints: ["0", "2"],
    unmatched: unmatched(["1"], ["3"]),
  });
  assertEquals(renumberedGroups([pair], groups), { cat: [["0", "1"], ["2", "3"]] });
  const interleaved = { cat: [["0", "2"], ["1", "3"]] };
  assertEquals(renumberedGroups([pair], interleaved), { cat: [["0", "1"], ["2", "3"]] });
});
