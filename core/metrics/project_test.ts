import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Size } from "../types.ts";
import { BOX, IMAGE, KEYPOINTS, pairOf, protocolOf } from "./_testing.ts";
import { roundHalfEven } from "./axes.ts";
import { project, projection, Scratch } from "./project.ts";
import type { ScoreContext } from "./types.ts";

function projected(changes: Record<string, unknown>, context: ScoreContext, size: Size, at: [number, number]) {
  const scratch = new Scratch();
  const pair = pairOf("a", [at, [0, 0]], [at, [0, 0]], { size: [size.width, size.height] });
  const { n, threshold } = project(pair, projection(protocolOf(changes), context), scratch);
  return { n, threshold, x: scratch.truth[0]!, y: scratch.truth[1]!, predicted: scratch.predicted[0]! };
}

Deno.test("project() maps into every frame by its formula", () => {
  const size = { width: 400, height: 200 };
  const at: [number, number] = [40, 30];
  const frames: [Record<string, unknown>, number, number][] = [
    [{ kind: "original" }, 40, 30],
    [{ kind: "stretch", side: 800 }, 80, 120],
    [{ kind: "align-corners", side: 800 }, 40 / 399 * 799, 30 / 199 * 799],
    // 400 x 200 -> 800 x 400 in 800 x 800: 200 rows of padding above.
    [{ kind: "pad", side: 800 }, 80, 60 + 200],
    [{ kind: "shrink", side: 100 }, 10, 7.5],
    [{ kind: "shrink", side: 800 }, 40, 30],
    [{ kind: "fit", side: 800 }, 80, 60],
  ];
  for (const [frame, x, y] of frames) {
    const got = projected({ frame }, BOX, size, at);
    assertAlmostEquals(got.x, x, 1e-12);
    assertAlmostEquals(got.y, y, 1e-12);
    assertEquals(got.predicted, got.x);
  }
});

Deno.test("project() takes thresholds in the frame", () => {
  const size = { width: 400, height: 200 };
  const threshold = (frame: Record<string, unknown>, context: ScoreContext) =>
    projected({ frame }, context, size, [40, 30]).threshold;
  // The box is 20 x 10 and the points span 40 x 30.
  assertEquals(threshold({ kind: "original" }, BOX), 20);
  assertEquals(threshold({ kind: "original" }, KEYPOINTS), 40);
  assertEquals(threshold({ kind: "original" }, IMAGE), 400);
  assertEquals(threshold({ kind: "stretch", side: 800 }, BOX), 40);
  assertEquals(threshold({ kind: "stretch", side: 800 }, KEYPOINTS), 120);
  assertEquals(threshold({ kind: "stretch", side: 800 }, IMAGE), 800);
  assertEquals(threshold({ kind: "pad", side: 800 }, BOX), 40);
  assertEquals(threshold({ kind: "pad", side: 800 }, IMAGE), 800);
  assertEquals(threshold({ kind: "shrink", side: 800 }, IMAGE), 400);
  assertEquals(threshold({ kind: "fit", side: 800 }, IMAGE), 800);
});

Deno.test("project() rounds the padding of an odd rest as the official loader does", () => {
  // 840 * 333 / 500 = 559.44 -> 559; (840 - 559) / 2 = 140.5 -> 140.
  const got = projected({ frame: { kind: "pad", side: 840 } }, BOX, { width: 333, height: 500 }, [100, 100]);
  assertAlmostEquals(got.x, 168 + 140, 1e-12);
  assertAlmostEquals(got.y, 168, 1e-12);
});

Deno.test("project() rounds every step to float32 under a float32 protocol", () => {
  const frame = { kind: "align-corners", side: 840 };
  const got = projected({ frame, arithmetic: "float32" }, BOX, { width: 500, height: 375 }, [123.456, 10]);
  assertEquals(got.x, Math.fround(Math.fround(Math.fround(123.456) / 499) * 839));
});

Deno.test("project() maps a picture of one pixel to the frame's origin", () => {
  const frame = { kind: "align-corners", side: 840 };
  assertEquals(
    projected({ frame, zero_threshold: "score", defects: ["z"] }, IMAGE, { width: 1, height: 1 }, [0, 0]).x,
    0,
  );
});

Deno.test("roundHalfEven() takes halves to the even neighbour", () => {
  assertEquals([0.5, 1.5, 2.5, -0.5, -1.5, 2.4999, 2.5001].map(roundHalfEven), [0, 2, 2, -0, -2, 2, 3]);
});
