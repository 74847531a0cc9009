import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { pointsOf } from "../frame.ts";
import type { ScoredPair } from "../metrics/mod.ts";
import { loadProtocol } from "../protocol/mod.ts";
import { extraTables } from "./extra_tables.ts";

const BENCHMARK = { name: "demo", threshold: "box" } as const;

/** Keypoints of a cat at x = 0, 20, 40, 60 on one line; the box is 100 wide, so alpha 0.1 is 10 pixels. */
function cat(id: string, predicted: readonly number[], keypoints: readonly string[]): ScoredPair {
  const at = (xs: readonly number[]) => pointsOf(xs.map((x) => [x, 0]));
  const truth = at(predicted.map((_, i) => 20 * i));
  const box = { x1: 0, y1: 0, x2: 100, y2: 50 };
  const size = { width: 200, height: 100 };
  return {
    id,
    category: "cat",
    sizes: { source: size, target: size },
    points: { source: truth, target: truth },
    boxes: { source: box, target: box },
    predicted: { target: at(predicted) },
    keypoints,
  };
}

const GROUPS = { cat: [["left ear", "right ear"], ["left paw", "right paw"]] };

Deno.test("extraTables() counts kinds of error and the points with a look-alike", async () => {
  const protocol = { ...await loadProtocol("original"), alphas: [0.1] };
  const pairs = [
    // Exact; 12 off: a near miss whose nearest point, 8 off, is another; on another point; far from all.
    cat("a", [0, 32, 0, 160], ["left ear", "right ear", "left paw", "nose"]),
    cat("b", [0, 20], ["left ear", "nose"]),
  ];
  const { errors, geometry, notes } = extraTables(pairs, protocol, BENCHMARK, { errors: true, geometry: GROUPS });
  assertEquals(notes, []);
  assertEquals(errors!.pck, [(1 / 4 + 1) / 2]);
  assertEquals(errors!.dagger, [(1 / 4 + 1) / 2]);
  assertEquals([errors!.jitter, errors!.swap, errors!.miss], [[1 / 8], [2 / 8], [1 / 8]]);
  // Only pair a shows both ears; its left paw and the left ear of pair b have no partner there.
  assertEquals([geometry!.pairs, geometry!.points, geometry!.values], [1, 2, [0.5]]);
  assertEquals([geometry!.pairRatio, geometry!.pointRatio], [0.5, 2 / 6]);
  assertEquals(geometry!.categories, [{ name: "cat", pairs: 1, points: 2, ofPairs: 2, ofPoints: 6, values: [0.5] }]);
  assertAlmostEquals(geometry!.values[0]!, 0.5);
});

Deno.test("extraTables() makes what is asked for, and says why a protocol has no such table", async () => {
  const pairs = [cat("a", [0, 20], ["left ear", "right ear"])];
  const plain = await loadProtocol("original");
  const none = { errors: false };
  assertEquals(extraTables(pairs, plain, BENCHMARK, none), { notes: [] });
  const nowhere = extraTables(pairs, plain, BENCHMARK, { errors: false, geometry: { cat: [["left paw", "tail"]] } });
  assertEquals(nowhere, { notes: ["Cannot score: no pair has a point to judge"] });
  const unnamed = extraTables(pairs, plain, BENCHMARK, { errors: true, geometry: {} });
  assertEquals(Object.keys(unnamed), ["errors", "notes"]);
  assertStringIncludes(unnamed.notes[0]!, 'no keypoint groups for "cat"');
});
