import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { type FlowItem, scoreFlow } from "./flow.ts";

/** One row of pixels whose horizontal errors are given; the truth is 0. */
function item(errors: number[], more: Partial<FlowItem> = {}): FlowItem {
  return {
    id: "a",
    group: "FG3DCar",
    width: errors.length,
    height: 1,
    estimated: Float32Array.from(errors.flatMap((error) => [error, 0])),
    truth: new Float32Array(2 * errors.length),
    threshold: 10,
    ...more,
  };
}

Deno.test("scoreFlow() averages inside items, then over items; pooled counts pixels", () => {
  // alpha 0.1 allows 1 px.
  const { all, groups } = scoreFlow([item([0, 1, 2, 3]), item([9], { group: "JODS" })], [0.1]);
  assertEquals([all.perImage, all.pooled, all.items, all.pixels], [[0.25], [2 / 5], 2, 5]);
  assertAlmostEquals(all.aepe, (1.5 + 9) / 2, 1e-6);
  assertEquals(groups.map(({ name, perImage }) => [name, perImage[0]]), [["FG3DCar", 0.5], ["JODS", 0]]);
});

Deno.test("scoreFlow() judges valid pixels only, and without a mask those whose truth is known", () => {
  assertEquals(scoreFlow([item([0, 9], { valid: Uint8Array.of(1, 0) })], [0.1]).all.perImage, [1]);
  assertEquals(scoreFlow([item([0, 9], { truth: Float32Array.of(0, 0, NaN, 0) })], [0.1]).all.pixels, 1);
});

Deno.test("scoreFlow() keeps pixels without a prediction in the denominator of PCK and counts them", () => {
  const { all } = scoreFlow([item([0, NaN, 0, 4])], [0.1]);
  assertEquals([all.perImage, all.missing, all.pixels], [[0.5], 1, 4]);
  assertAlmostEquals(all.aepe, 4 / 3, 1e-6);
});

Deno.test("scoreFlow() pools with each item's own threshold unless the defect is asked for", () => {
  const items = [item([2], { threshold: 10 }), item([2], { threshold: 20 })];
  assertEquals(scoreFlow(items, [0.1]).all.pooled, [0.5]);
  assertEquals(scoreFlow(items, [0.1], "last").all.pooled, [1]);
});

Deno.test("scoreFlow() names the item of bad input", () => {
  assertThrows(() => scoreFlow([item([1], { width: 2 })], [0.1]), InputError, 'flow "a": estimated holds 1 pixels');
  assertThrows(() => scoreFlow([item([1], { threshold: 0 })], [0.1]), InputError, "threshold is 0");
  assertThrows(() => scoreFlow([item([1], { valid: Uint8Array.of(0) })], [0.1]), InputError, "no pixel is judged");
  assertThrows(() => scoreFlow([], [0.1]), InputError, "no items");
});
