import { assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { pointsOf } from "../frame.ts";
import { BOX, IMAGE, KEYPOINTS, pairOf, protocolOf } from "./_testing.ts";
import { scorePairs } from "./pck.ts";

const at = (x: number, y = 5): [number, number] => [x, y];

Deno.test("scorePairs() counts a distance of exactly alpha * threshold under <= and not under <", () => {
  // The box is 20 wide: 0.1 allows 2 pixels.
  const pair = pairOf("a", [at(10), at(10)], [at(12), at(12.5)]);
  assertEquals(scorePairs([pair], protocolOf(), BOX).values, [0.5]);
  assertEquals(scorePairs([pair], protocolOf({ comparison: "<" }), BOX).values, [0]);
});

Deno.test("scorePairs() takes its threshold from box, keypoints or image as the benchmark says", () => {
  // Box 20 -> 2 px; keypoints span 50 -> 5 px; image 100 -> 10 px. Errors: 1, 4, 9, 20 px.
  const truth = [at(0), at(10), at(20), at(50)];
  const pair = pairOf("a", truth, [at(1), at(14), at(29), at(70)]);
  assertEquals(scorePairs([pair], protocolOf(), BOX).values, [0.25]);
  assertEquals(scorePairs([pair], protocolOf(), KEYPOINTS).values, [0.5]);
  assertEquals(scorePairs([pair], protocolOf(), IMAGE).values, [0.75]);
});

Deno.test("scorePairs() per image weighs pairs alike, per point weighs points alike", () => {
  const one = pairOf("a", [at(10)], [at(10)]);
  const three = pairOf("b", [at(10), at(10), at(10)], [at(90), at(90), at(10)]);
  assertAlmostEquals(scorePairs([one, three], protocolOf(), BOX).values[0]!, (1 + 1 / 3) / 2, 1e-15);
  assertEquals(scorePairs([one, three], protocolOf({ average: "point" }), BOX).values, [0.5]);
});

Deno.test("scorePairs() over categories takes the mean of their values, weighted where the protocol has weights", () => {
  const pairs = [
    pairOf("a", [at(10)], [at(10)], { category: "cat" }),
    pairOf("b", [at(10)], [at(10)], { category: "cat" }),
    pairOf("c", [at(10)], [at(90)], { category: "dog" }),
  ];
  const macro = scorePairs(pairs, protocolOf({ average: "category-image" }), BOX);
  assertEquals(macro.values, [0.5]);
  assertEquals(macro.categories.map(({ name, pairs, values }) => [name, pairs, values[0]]), [["cat", 2, 1], [
    "dog",
    1,
    0,
  ]]);
  const weights = { average: "category-image", category_weights: { box: { cat: 1, dog: 3 } } };
  assertEquals(scorePairs(pairs, protocolOf(weights), BOX).values, [0.25]);
  const error = assertThrows(() => scorePairs(pairs.slice(0, 2), protocolOf(weights), BOX), InputError);
  assertStringIncludes(error.message, "missing: dog");
});

Deno.test("scorePairs() measures in a stretched frame: the axes weigh differently", () => {
  // 100 x 50 -> 200 x 200: x doubles, y quadruples; the box becomes 40 x 40, alpha 0.1 allows 4 frame pixels.
  const pair = pairOf("a", [at(10), at(10)], [at(12), at(10, 7)]);
  assertEquals(scorePairs([pair], protocolOf({ frame: { kind: "stretch", side: 200 } }), BOX).values, [0.5]);
});

Deno.test("scorePairs() measures align-corners by pixel distances, not sizes", () => {
  // 101 x 51 -> side 201: x * 2, y * 4 exactly.
  const pair = pairOf("a", [at(10), at(10)], [at(12), at(10, 6.25)], { size: [101, 51] });
  assertEquals(scorePairs([pair], protocolOf({ frame: { kind: "align-corners", side: 201 } }), BOX).values, [0.5]);
});

Deno.test("scorePairs() rounds annotated points down on the named benchmarks only", () => {
  const pair = pairOf("a", [[10.9, 5], [50, 5]], [[10.9, 5], [50, 5]]);
  const floored = protocolOf({ ground_truth: { floor_on: ["pf-willow"] }, alphas: [0.01] });
  // Floored extent 40 -> 0.4 px allowed; the first point moved by 0.9.
  assertEquals(scorePairs([pair], floored, KEYPOINTS).values, [0.5]);
  assertEquals(scorePairs([pair], floored, { ...KEYPOINTS, benchmark: "cub" }).values, [1]);
});

Deno.test("scorePairs() clamps annotated points into the frame and never predictions", () => {
  const clamped = protocolOf({ frame: { kind: "stretch", side: 100 }, ground_truth: { clamp: 0.0001 } });
  // x = 110 is outside a 100 wide picture: truth becomes 98.9999. Image threshold 100 -> 10 px.
  const pair = pairOf("a", [at(110), at(110)], [at(109.5), at(108)], { size: [100, 100] });
  assertEquals(scorePairs([pair], protocolOf({ frame: { kind: "stretch", side: 100 } }), IMAGE).values, [1]);
  assertEquals(scorePairs([pair], clamped, IMAGE).values, [0.5]);
});

Deno.test("scorePairs() keeps the first slots silently only where the protocol names that defect", () => {
  const truth = [at(10), at(10), at(10)];
  const pair = pairOf("a", truth, [at(10), at(90), at(10)]);
  const first = protocolOf({ max_points: { policy: "first", box: 2 }, defects: ["drops points"] });
  assertEquals(scorePairs([pair], first, BOX).values, [0.5]);
  const refuse = protocolOf({ max_points: { policy: "error", box: 2 } });
  const error = assertThrows(() => scorePairs([pair], refuse, BOX), InputError);
  assertStringIncludes(error.message, 'pair "a"');
  assertStringIncludes(error.message, "at most 2");
});

Deno.test("scorePairs() counts padding in a keypoint threshold only while slots are unused", () => {
  const rule = { keypoints: { of: "keypoints-padded", side: "target", padding: -1 } };
  const padded = (slots: number) =>
    protocolOf({ threshold: rule, max_points: { policy: "error", keypoints: slots }, defects: ["padding"] });
  // Points span 10 px, but reach 60 from (-1, -1) to x = 59: 6.0 px allowed instead of 1.0.
  const pair = pairOf("a", [at(49), at(59)], [at(55), at(59)]);
  assertEquals(scorePairs([pair], padded(3), KEYPOINTS).values, [1]);
  assertEquals(scorePairs([pair], padded(2), KEYPOINTS).values, [0.5]);
});

Deno.test("scorePairs() in reverse judges predicted source points against the source", () => {
  const pair = pairOf("a", [at(10)], [at(90)], {
    predicted: { target: pointsOf([at(90)]), source: pointsOf([at(11)]) },
  });
  const reverse = protocolOf({ direction: "reverse", threshold: { box: { of: "box", side: "source" } } });
  assertEquals(scorePairs([pair], reverse, BOX).values, [1]);
  const forwardOnly = pairOf("a", [at(10)], [at(10)]);
  const error = assertThrows(() => scorePairs([forwardOnly], reverse, BOX), InputError);
  assertStringIncludes(error.message, 'pair "a"');
  assertStringIncludes(error.message, "predicted.source is missing");
});

Deno.test("scorePairs() by PCK-dagger refuses a hit that is nearer to another annotated point", () => {
  const pair = pairOf("a", [at(10), at(12)], [at(11.5), at(12)]);
  assertEquals(scorePairs([pair], protocolOf(), BOX).values, [1]);
  assertEquals(scorePairs([pair], protocolOf({ metric: "pck-dagger" }), BOX).values, [0.5]);
});

Deno.test("scorePairs() collapses points on one pixel to the last of them where the protocol names it", () => {
  const reverse = { direction: "reverse", threshold: { box: { of: "box", side: "source" } } };
  const collapsed = protocolOf({ ...reverse, collapse_pixels: true, defects: ["collapse"] });
  // 10.5 rounds to 10 (half to even), 11.5 to 12: the first two share pixel 10.
  const truth = [at(10.5), at(9.75), at(11.5)];
  const pair = pairOf("a", truth, truth, { predicted: { source: pointsOf([at(90), at(9.75), at(90)]) } });
  const scores = scorePairs([pair], collapsed, BOX);
  assertEquals([scores.values[0], scores.points], [0.5, 2]);
  assertEquals(scorePairs([pair], protocolOf(reverse), BOX).points, 3);
});

Deno.test("scorePairs() keeps a prediction that is not finite in the denominator and says so", () => {
  const pair = pairOf("a", [at(10), at(10)], [at(10), [NaN, 5]]);
  const scores = scorePairs([pair], protocolOf(), BOX);
  assertEquals(scores.values, [0.5]);
  assertEquals(scores.points, 2);
  assertStringIncludes(scores.notes.join(), "1 predicted points are not finite");
});

Deno.test("scorePairs() with a selection judges only its points and names the pairs it leaves out", () => {
  const pairs = [pairOf("a", [at(10), at(10)], [at(10), at(90)]), pairOf("b", [at(10)], [at(90)])];
  const select = ({ id }: { id: string }) => Uint8Array.from(id === "a" ? [1, 0] : [0]);
  const scores = scorePairs(pairs, protocolOf(), { ...BOX, select });
  assertEquals([scores.values[0], scores.pairs, scores.points, scores.ids], [1, 1, 1, ["a"]]);
  assertStringIncludes(scores.notes.join(), "1 of 2 pairs");
});

Deno.test("scorePairs() refuses a selection where the protocol moves points about", () => {
  const moving = protocolOf({ sentinel: -1, defects: ["sentinel"] });
  const select = () => Uint8Array.of(1);
  const run = () => scorePairs([pairOf("a", [at(10)], [at(10)])], moving, { ...BOX, select });
  assertThrows(run, InputError, "drops or joins points");
});

Deno.test("scorePairs() under a sentinel drops the last points instead of the missing one, as the defect has it", () => {
  const points = [at(-1), at(10), at(20)];
  const pair = pairOf("a", points, [at(90), at(10), at(20)]);
  const scores = scorePairs([pair], protocolOf({ sentinel: -1, defects: ["sentinel"] }), BOX);
  // Two points count; the first two are judged, and the first of them is the missing one.
  assertEquals([scores.points, scores.values[0]], [2, 0.5]);
});

Deno.test("scorePairs() tabulates difficulty by field and level", () => {
  const pairs = [
    pairOf("a", [at(10)], [at(10)], { difficulty: { viewpoint: 0, scale: 1 } }),
    pairOf("b", [at(10)], [at(90)], { difficulty: { viewpoint: 2, scale: 1 } }),
    pairOf("c", [at(10)], [at(10)]),
  ];
  const { difficulty } = scorePairs(pairs, protocolOf(), BOX);
  assertEquals(difficulty.viewpoint?.map(({ name, pairs, values }) => [name, pairs, values[0]]), [["0", 1, 1], [
    "2",
    1,
    0,
  ]]);
  assertEquals(difficulty.scale?.map(({ name, pairs, values }) => [name, pairs, values[0]]), [["1", 2, 0.5]]);
  assertEquals(difficulty.occlusion, undefined);
});

Deno.test("scorePairs() names pair and field of every bad input", () => {
  const good = pairOf("good", [at(10)], [at(10)]);
  const short = { n: 2, xy: Float64Array.of(1, 2) };
  const { boxes: _boxes, ...boxless } = good;
  const cases: [string, () => unknown][] = [
    [
      "points.target keypoint 0 has y = NaN",
      () =>
        scorePairs(
          [pairOf("good", [[10, NaN]], [at(10)], {
            points: { source: pointsOf([at(1)]), target: pointsOf([[10, NaN]]) },
          })],
          protocolOf(),
          BOX,
        ),
    ],
    [
      "points.source announces 2 points, points.target 1",
      () => scorePairs([{ ...good, points: { source: short, target: pointsOf([at(1)]) } }], protocolOf(), BOX),
    ],
    [
      "points.source announces 2 points and holds 1",
      () =>
        scorePairs(
          [{ ...good, points: { source: short, target: short }, predicted: { target: pointsOf([at(1), at(2)]) } }],
          protocolOf(),
          BOX,
        ),
    ],
    [
      "predicted.target holds 1 points, points.target announces 2",
      () => scorePairs([pairOf("good", [at(1), at(2)], [at(1)])], protocolOf(), BOX),
    ],
    ["predicted.target is missing", () => scorePairs([{ ...good, predicted: {} }], protocolOf(), BOX)],
    ["hold no keypoint", () => scorePairs([pairOf("good", [], [])], protocolOf(), BOX)],
    ["boxes.target is missing", () => scorePairs([boxless], protocolOf(), BOX)],
    [
      "boxes.target is (5, 0) to (1, 1)",
      () =>
        scorePairs(
          [{ ...good, boxes: { source: good.boxes!.source, target: { x1: 5, y1: 0, x2: 1, y2: 1 } } }],
          protocolOf(),
          BOX,
        ),
    ],
    [
      "its threshold (box of the target) is zero",
      () =>
        scorePairs(
          [{ ...good, boxes: { source: good.boxes!.source, target: { x1: 5, y1: 5, x2: 5, y2: 5 } } }],
          protocolOf(),
          BOX,
        ),
    ],
    ["its threshold (keypoints of the target) is zero", () => scorePairs([good], protocolOf(), KEYPOINTS)],
    [
      "sizes.source is 0 x 50",
      () =>
        scorePairs(
          [{ ...good, sizes: { source: { width: 0, height: 50 }, target: good.sizes.target } }],
          protocolOf(),
          BOX,
        ),
    ],
    ['pair id "good" occurs twice', () => scorePairs([good, good], protocolOf(), BOX)],
  ];
  for (const [text, run] of cases) {
    const { message } = assertThrows(run, InputError);
    assertStringIncludes(message, text);
    assertStringIncludes(message, '"good"');
    assertEquals(message.includes("\n"), false);
  }
  assertThrows(() => scorePairs([], protocolOf(), BOX), InputError, "no pairs");
  assertThrows(() => scorePairs([good], protocolOf(), { ...BOX, alphas: [0] }), InputError, "positive");
});

Deno.test("scorePairs() refuses a benchmark that the protocol has no threshold for", () => {
  const boxOnly = protocolOf({ threshold: { box: { of: "box", side: "target" } } });
  const error = assertThrows(() => scorePairs([pairOf("a", [at(1)], [at(1)])], boxOnly, IMAGE), InputError);
  assertStringIncludes(error.message, "judged by image");
});

Deno.test("scorePairs() scores a zero threshold only where the protocol names that: <= counts an exact hit", () => {
  const flat = { x1: 5, y1: 5, x2: 5, y2: 5 };
  const pair = pairOf("a", [at(10), at(10)], [at(10), at(11)], { boxes: { source: flat, target: flat } });
  assertEquals(scorePairs([pair], protocolOf({ zero_threshold: "score", defects: ["zero"] }), BOX).values, [0.5]);
  const strict = protocolOf({ zero_threshold: "score", comparison: "<", defects: ["zero"] });
  assertEquals(scorePairs([pair], strict, BOX).values, [0]);
});
