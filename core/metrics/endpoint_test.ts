import { assertAlmostEquals, assertEquals } from "@std/assert";
import { BOX, pairOf, protocolOf } from "./_testing.ts";
import { averageEndpointError, endpointErrors, pooledPck } from "./endpoint.ts";

const wide = { x1: 0, y1: 0, x2: 100, y2: 10 };
const pairs = [
  pairOf("a", [[10, 5], [10, 5]], [[13, 9], [10, 5]]),
  pairOf("b", [[10, 5]], [[19, 5]], { boxes: { source: wide, target: wide } }),
];

Deno.test("endpointErrors() measures every judged point, and their average weighs pairs alike", () => {
  const errors = endpointErrors(pairs, protocolOf(), BOX);
  assertEquals(errors.distances.map((list) => [...list]), [[5, 0], [9]]);
  assertEquals([...errors.thresholds], [20, 100]);
  assertAlmostEquals(averageEndpointError(errors), (2.5 + 9) / 2, 1e-12);
});

Deno.test("pooledPck() uses each pair's threshold unless the defect of the last one is asked for", () => {
  const errors = endpointErrors(pairs, protocolOf(), BOX);
  assertAlmostEquals(pooledPck(errors, [0.1], "own")[0]!, 2 / 3, 1e-12);
  assertEquals(pooledPck(errors, [0.1], "last"), [1]);
});
