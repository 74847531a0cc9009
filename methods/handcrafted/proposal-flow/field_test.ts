import { assertEquals } from "@std/assert";
import { pointsOf } from "../../../core/frame.ts";
import { boxesOf } from "./boxes.ts";
import { denseField } from "./field.ts";
import { transferPoints } from "./transfer.ts";

const source = { width: 10, height: 6 }, target = { width: 20, height: 6 };

function fieldOf(a: number[][], b: number[][], best: number[], confidence: number[]) {
  return denseField(
    { size: source, boxes: boxesOf(a) },
    { size: target, boxes: boxesOf(b) },
    { best: Int32Array.from(best), confidence: Float64Array.from(confidence) },
  );
}

Deno.test("denseField() lets each pixel follow the most confident box that covers it, stretched onto its match", () => {
  const field = fieldOf([[0, 0, 4, 5], [3, 0, 9, 5]], [[0, 0, 8, 5], [4, 0, 10, 5]], [0, 1], [1, 2]);
  const x = Array.from({ length: 10 }, (_, col) => field.xy[2 * (10 + col)]!);
  assertEquals(x, [0, 2, 4, 4, 5, 6, 7, 8, 9, 10]);
  assertEquals(field.xy[2 * 10 + 1], 1);
  assertEquals([field.confidence[12], field.confidence[13]], [1, 2]);
});

Deno.test("denseField() rounds halves up, stays inside the target and leaves pixels without a box", () => {
  const field = fieldOf([[1, 1, 5, 5]], [[16, 0, 18, 4]], [0], [1]);
  assertEquals([1, 2, 3, 4, 5].map((col) => field.xy[2 * (10 + col)]), [16, 17, 17, 18, 18]);
  assertEquals(Number.isNaN(field.xy[0]!), true);
  assertEquals(field.confidence[0], 0);
});

Deno.test("transferPoints() moves a point as its nearest pixel, uncovered ones as the nearest covered pixel", () => {
  const field = fieldOf([[1, 1, 5, 5]], [[8, 1, 12, 5]], [0], [3]);
  const points = pointsOf([[2.4, 2.5], [0, 0], [9, 5]]);
  const { xy, score, covered } = transferPoints(field, source, target, points);
  assertEquals([...xy], [9.4, 2.5, 7, 0, 16, 5]);
  assertEquals([...score], [3, 0, 0]);
  assertEquals([...covered], [1, 0, 0]);
});

Deno.test("transferPoints() stretches the pictures where no box matched", () => {
  const field = fieldOf([[1, 1, 5, 5]], [[8, 1, 12, 5]], [0], [0]);
  const { xy, score } = transferPoints(field, source, target, pointsOf([[0, 0], [9, 5], [4.5, 2.5]]));
  assertEquals([...xy], [0.5, 0, 18.5, 5, 9.5, 2.5]);
  assertEquals([...score], [0, 0, 0]);
});
