import type { Guide } from "./guide.ts";
import { uniform } from "./random.ts";
import type { Superpixels } from "./superpixels.ts";

/** Pairs of sites compared per pair of superpixels, and links of similar colour a superpixel gives. */
const SAMPLES = 30, SIMILAR = 5;
/** Fall of similarity with colour in grey levels, the least mean similarity, and how far apart in the longer side. */
const COLOUR = 25, LEAST = 0.2, APART = 2.5 / 4;

/**
 * Whose labels a superpixel tries: those it touches, and up to five of similar colour not too far away, in both
 * directions.
 *
 * @returns by superpixel, in ascending order
 */
export function linksOf(guide: Guide, { count, labels }: Superpixels, seed: number): number[][] {
  const { width, height } = guide;
  const links = Array.from({ length: count }, () => new Set<number>());
  const join = (a: number, b: number) => {
    links[a]!.add(b);
    links[b]!.add(a);
  };
  const sites = Array.from({ length: count }, (): number[] => []);
  for (let p = 0; p < labels.length; p++) {
    const label = labels[p]!;
    sites[label]!.push(p);
    if (p % width + 1 < width && labels[p + 1] !== label) join(label, labels[p + 1]!);
    if (p + width < labels.length && labels[p + width] !== label) join(label, labels[p + width]!);
  }
  const touching = links.map((set) => new Set(set));
  const random = uniform(seed);
  const pick = (of: number[]) => of[Math.floor(random() * of.length)]!;
  const farthest = (APART * Math.max(width, height)) ** 2;
  for (let a = 0; a < count; a++) {
    const candidates: { b: number; similarity: number }[] = [];
    for (let b = 0; b < count; b++) {
      const similarity = b === a || touching[a]!.has(b) ? 0 : similar(guide, sites[a]!, sites[b]!, farthest, pick);
      if (similarity >= LEAST) candidates.push({ b, similarity });
    }
    candidates.sort((p, q) => q.similarity - p.similarity || p.b - q.b);
    for (const { b } of candidates.slice(0, SIMILAR)) join(a, b);
  }
  return links.map((set) => [...set].sort((a, b) => a - b));
}

/** Mean similarity of colour over random pairs of sites; 0 where one pair is too far apart. */
function similar(
  { rgb, width }: Guide,
  a: number[],
  b: number[],
  farthest: number,
  pick: (of: number[]) => number,
): number {
  let sum = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const p = pick(a), q = pick(b);
    if ((p % width - q % width) ** 2 + (Math.floor(p / width) - Math.floor(q / width)) ** 2 > farthest) return 0;
    let colour = 0;
    for (let c = 0; c < 3; c++) colour += (rgb[3 * p + c]! - rgb[3 * q + c]!) ** 2;
    sum += Math.exp(-colour / COLOUR ** 2);
  }
  return sum / SAMPLES;
}
