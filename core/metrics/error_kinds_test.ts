import { assertAlmostEquals, assertEquals } from "@std/assert";
import { BOX, pairOf, protocolOf } from "./_testing.ts";
import { errorKinds } from "./error_kinds.ts";

Deno.test("errorKinds() sorts predictions into right, jitter, miss and swap", () => {
  // T = 2. Points at x = 0, 10, 20, 30, 40.
  const truth = [[0, 5], [10, 5], [20, 5], [30, 5], [40, 5]] as const;
  // right; 3 px off: jitter and miss; at point 0: swap; far from all: miss; NaN: miss.
  const predicted = [[1, 5], [13, 5], [0, 5], [30, 48], [NaN, 5]] as const;
  const kinds = errorKinds([pairOf("a", truth, predicted)], protocolOf(), BOX);
  const share = (n: number, got: readonly number[]) => assertAlmostEquals(got[0]!, n / 5, 1e-12);
  share(1, kinds.pck);
  share(1, kinds.dagger);
  share(1, kinds.jitter);
  share(3, kinds.miss);
  share(1, kinds.swap);
});

Deno.test("errorKinds() counts an exact tie on both sides, and the first of two equally near points wins", () => {
  // Prediction exactly 2 px from its point and from the one before it.
  const kinds = errorKinds([pairOf("a", [[10, 5], [14, 5]], [[90, 5], [12, 5]])], protocolOf(), BOX);
  assertEquals([kinds.pck, kinds.dagger, kinds.jitter, kinds.swap], [[0.5], [0], [0.5], [0.5]]);
  assertEquals(kinds.miss, [1]);
});
