import { loadProtocol } from "../protocol/mod.ts";
import { bootstrap } from "./bootstrap.ts";
import { scorePairs } from "./pck.ts";
import { Random } from "./random.ts";
import type { ScoredPair } from "./types.ts";

/** As many pairs as SPair-71k's test split, ten points each. */
function fullSize(): ScoredPair[] {
  const random = new Random(1);
  const size = { width: 500, height: 375 };
  const points = () => ({
    n: 10,
    xy: Float64Array.from({ length: 20 }, (_, i) => random.below(i & 1 ? 37500 : 50000) / 100),
  });
  const near = (xy: Float64Array) => ({ n: 10, xy: xy.map((value) => value + random.below(10000) / 100 - 50) });
  return Array.from({ length: 12_234 }, (_, index) => {
    const source = points();
    const target = points();
    const box = { x1: 50, y1: 40, x2: 430, y2: 330 };
    return {
      id: `pair-${index}`,
      category: `category-${index % 18}`,
      sizes: { source: size, target: size },
      points: { source, target },
      boxes: { source: box, target: box },
      predicted: { source: near(source.xy), target: near(target.xy) },
    };
  });
}

const names = [
  "paper",
  "original",
  "geoaware",
  "sd-dino",
  "dift",
  "cats",
  "catspp",
  "chm",
  "hpf",
  "densematching",
  "actr",
];
const protocols = await Promise.all(names.map((name) => loadProtocol(name)));
const pairs = fullSize();
const context = { benchmark: "spair-71k", threshold: "box" } as const;

Deno.bench("12,234 pairs of ten points under eleven protocols", () => {
  for (const protocol of protocols) scorePairs(pairs, protocol, context);
});

const scores = scorePairs(pairs, protocols[0]!, context);
Deno.bench("bootstrap, 2000 resamples of 12,234 pairs, four alphas", () => {
  bootstrap(scores);
});
