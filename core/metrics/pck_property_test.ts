import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Box, Points, Size } from "../types.ts";
import { BOX, IMAGE, KEYPOINTS, protocolOf } from "./_testing.ts";
import { scorePairs } from "./pck.ts";
import type { ScoredPair } from "./types.ts";

// Multiples of 1/16 and powers of two: every sum, mirror and scaling below is exact in float64, ties included.
const coordinate = fc.integer({ min: -160, max: 1600 }).map((value) => value / 16);
const point = fc.tuple(coordinate, coordinate);
const size = fc.record({ width: fc.integer({ min: 2, max: 100 }), height: fc.integer({ min: 2, max: 100 }) });
const box = fc.tuple(point, fc.integer({ min: 1, max: 800 }), fc.integer({ min: 1, max: 800 })).map(
  ([[x1, y1], w, h]): Box => ({ x1, y1, x2: x1 + w / 16, y2: y1 + h / 16 }),
);
const points = (xy: [number, number][]): Points => ({ n: xy.length, xy: Float64Array.from(xy.flat()) });

const onePair = fc.record({
  source: size,
  target: size,
  boxes: fc.record({ source: box, target: box }),
  rows: fc.array(fc.record({ truth: point, predicted: point }), { minLength: 1, maxLength: 6 }),
  category: fc.constantFrom("cat", "dog", "cow"),
});
const manyPairs = fc.array(onePair, { minLength: 1, maxLength: 8 }).map((list) =>
  list.map(({ source, target, boxes, rows, category }, index): ScoredPair => {
    const truth = points(rows.map((row) => row.truth));
    return {
      id: `p${index}`,
      category,
      sizes: { source, target },
      points: { source: truth, target: truth },
      boxes,
      predicted: { target: points(rows.map((row) => row.predicted)) },
    };
  })
);
const original = protocolOf({ zero_threshold: "score", defects: ["zero"], alphas: [0.01, 0.05, 0.1, 0.15] });

/** Applies a map of coordinates, and one of sizes, to everything of a pair. */
function moved(pair: ScoredPair, move: (x: number, y: number, of: Size) => [number, number], grow: (of: Size) => Size) {
  const map = ({ n, xy }: Points, of: Size): Points => ({
    n,
    xy: Float64Array.from({ length: n }, (_, i) => i).reduce((out, i) => {
      out.set(move(xy[2 * i]!, xy[2 * i + 1]!, of), 2 * i);
      return out;
    }, new Float64Array(2 * n)),
  });
  const mapBox = ({ x1, y1, x2, y2 }: Box, of: Size): Box => {
    const [ax, ay] = move(x1, y1, of);
    const [bx, by] = move(x2, y2, of);
    return { x1: Math.min(ax, bx), y1: Math.min(ay, by), x2: Math.max(ax, bx), y2: Math.max(ay, by) };
  };
  const { source, target } = pair.sizes;
  return {
    ...pair,
    sizes: { source: grow(source), target: grow(target) },
    points: { source: map(pair.points.source, source), target: map(pair.points.target, target) },
    boxes: { source: mapBox(pair.boxes!.source, source), target: mapBox(pair.boxes!.target, target) },
    predicted: { target: map(pair.predicted.target!, target) },
  };
}

for (const context of [BOX, KEYPOINTS, IMAGE]) {
  Deno.test(`scaling images, points and boxes together never changes PCK by ${context.threshold} in the original frame`, () => {
    fc.assert(fc.property(manyPairs, fc.constantFrom(0.5, 2, 4, 16), (pairs, k) => {
      const scaled = pairs.map((pair) =>
        moved(pair, (x, y) => [x * k, y * k], ({ width, height }) => ({ width: width * k, height: height * k }))
      );
      assertEquals(scorePairs(scaled, original, context).hits, scorePairs(pairs, original, context).hits);
    }));
  });

  Deno.test(`flipping images, points and boxes together never changes PCK by ${context.threshold} in the original frame`, () => {
    fc.assert(fc.property(manyPairs, (pairs) => {
      const flipped = pairs.map((pair) => moved(pair, (x, y, { width }) => [width - 1 - x, y], (of) => of));
      assertEquals(scorePairs(flipped, original, context).hits, scorePairs(pairs, original, context).hits);
    }));
  });
}

for (const average of ["image", "point", "category-image", "category-point"]) {
  for (const comparison of ["<=", "<"]) {
    Deno.test(`PCK per ${average} with ${comparison} never falls as alpha rises`, () => {
      const protocol = protocolOf({ average, comparison });
      const alphas = fc.uniqueArray(fc.integer({ min: 1, max: 100 }).map((value) => value / 64), {
        minLength: 2,
        maxLength: 6,
      });
      fc.assert(fc.property(manyPairs, alphas, (pairs, list) => {
        const sorted = [...list].sort((a, b) => a - b);
        const { values } = scorePairs(pairs, protocol, { ...IMAGE, alphas: sorted });
        values.forEach((value, index) => assertEquals(index === 0 || value >= values[index - 1]!, true));
        assertEquals(values.every((value) => value >= 0 && value <= 1), true);
      }));
    });
  }
}

Deno.test("the order of pairs changes no pair's hits and no table beyond rounding", () => {
  const shuffled = manyPairs.chain((pairs) =>
    fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length, maxLength: pairs.length }))
  );
  fc.assert(fc.property(shuffled, ([pairs, other]) => {
    const a = scorePairs(pairs, original, IMAGE);
    const b = scorePairs(other, original, IMAGE);
    const hitsOf = (scores: typeof a) =>
      Object.fromEntries(scores.ids.map((id, p) => [id, [...scores.hits.subarray(p * 4, p * 4 + 4)]]));
    assertEquals(hitsOf(a), hitsOf(b));
    a.values.forEach((value, index) => assertEquals(Math.abs(value - b.values[index]!) < 1e-12, true));
    assertEquals(a.categories.map(({ name }) => name).sort(), b.categories.map(({ name }) => name).sort());
  }));
});
