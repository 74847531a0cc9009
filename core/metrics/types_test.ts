import { assertEquals } from "@std/assert";
import { pointsOf } from "../frame.ts";
import type { BenchmarkPair, ImageRef } from "../types.ts";
import { scoredPair } from "./types.ts";

Deno.test("scoredPair() takes annotations from the benchmark's pair and leaves its pictures behind", () => {
  const image: ImageRef = { id: "x", origin: "x", load: () => Promise.reject(new Error("never loaded")) };
  const points = pointsOf([[1, 2]]);
  const pair: BenchmarkPair = {
    id: "p",
    category: "cat",
    images: { source: image, target: image },
    points: { source: points, target: points },
    keypoints: ["7"],
    difficulty: { scale: 1 },
  };
  const size = { width: 4, height: 3 };
  assertEquals(scoredPair(pair, { source: size, target: size }, { target: points }), {
    id: "p",
    category: "cat",
    sizes: { source: size, target: size },
    points: { source: points, target: points },
    predicted: { target: points },
    keypoints: ["7"],
    difficulty: { scale: 1 },
  });
});
