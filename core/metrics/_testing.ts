import { pointsOf } from "../frame.ts";
import { parseFamily } from "../protocol/mod.ts";
import type { Protocol } from "../protocol/types.ts";
import { scorePairs } from "./pck.ts";
import type { PairScores, ScoredPair } from "./types.ts";

type Xy = readonly (readonly [number, number])[];

/** A pair whose source mirrors its target: enough for forward protocols and easy to compute by hand. */
export function pairOf(
  id: string,
  target: Xy,
  predicted: Xy,
  more: Partial<ScoredPair> & { size?: readonly [number, number] } = {},
): ScoredPair {
  const { size: [width, height] = [100, 50], ...rest } = more;
  const box = { x1: 0, y1: 0, x2: 20, y2: 10 };
  return {
    id,
    category: "cat",
    sizes: { source: { width, height }, target: { width, height } },
    points: { source: pointsOf(target), target: pointsOf(target) },
    boxes: { source: box, target: box },
    predicted: { target: pointsOf(predicted) },
    ...rest,
  };
}

/** The plainest protocol, with the given YAML keys changed. */
export function protocolOf(changes: Record<string, unknown> = {}): Protocol {
  const family = parseFamily({
    name: "plain",
    default: "plain",
    title: "Plain",
    metric: "pck",
    frame: { kind: "original" },
    threshold: {
      box: { of: "box", side: "target" },
      keypoints: { of: "keypoints", side: "target" },
      image: { of: "image", side: "target" },
    },
    comparison: "<=",
    arithmetic: "float64",
    average: "image",
    direction: "forward",
    zero_threshold: "error",
    alphas: [0.1],
    variants: { plain: changes },
  }, "plain");
  return family.protocols[0]! as Protocol;
}

export const BOX = { benchmark: "spair-71k", threshold: "box" } as const;
export const KEYPOINTS = { benchmark: "pf-willow", threshold: "keypoints" } as const;
export const IMAGE = { benchmark: "pf-pascal", threshold: "image" } as const;

/** `n` pairs of one point; the first `hits` are right. */
export function onePointScores(n: number, hits: number, changes: Record<string, unknown> = {}, first = 0): PairScores {
  const pairs = Array.from(
    { length: n },
    (_, i) => pairOf(`p${i + first}`, [[10, 5]], [[i < hits ? 10 : 90, 5]], { category: i % 2 ? "cat" : "dog" }),
  );
  return scorePairs(pairs, protocolOf(changes), BOX);
}
