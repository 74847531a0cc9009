import { InputError } from "../../core/errors.ts";
import type { BenchmarkPair, Difficulty, Points } from "../../core/types.ts";
import type { Kind } from "./kinds/kind.ts";
import type { Picture, Studio } from "./picture.ts";
import { hashText, Random } from "./prng.ts";
import { buildScene, type Spread } from "./scene.ts";
import { denseTruth } from "./truth.ts";

/** Fewest keypoints seen in both pictures of a pair. */
export const LEAST_COMMON = 3;

/** What to draw. */
export interface PairPlan {
  readonly kinds: readonly Kind[];
  readonly pairs: number;
  readonly imagesPerKind: number;
  readonly seed: number;
  readonly spread: Spread;
  readonly side: number;
}

/**
 * Draws the pictures and picks the pairs: those of a kind in random order (each direction is a pair of its own), as
 * long as they share {@linkcode LEAST_COMMON} keypoints. A kind whose pictures give too few such pairs gets more
 * pictures. Kinds share the pairs evenly, the first ones taking what is left over.
 *
 * Throws InputError when more pairs are asked for than the pictures can give.
 */
export function planPairs(studio: Studio, plan: PairPlan): BenchmarkPair[] {
  const { kinds, pairs, imagesPerKind } = plan;
  const most = kinds.length * imagesPerKind * (imagesPerKind - 1);
  if (pairs > most) {
    throw new InputError(
      `Cannot make ${pairs} pairs of ${kinds.length} kinds with ${imagesPerKind} pictures each: there are ${most} ` +
        `ordered pairs; raise benchmark.images_per_kind to ${neededImages(pairs / kinds.length)}`,
    );
  }
  return kinds.flatMap((kind, k) => {
    const share = Math.floor(pairs / kinds.length) + (k < pairs % kinds.length ? 1 : 0);
    return share === 0 ? [] : pairsOfKind(studio, plan, kind, share);
  });
}

function pairsOfKind(studio: Studio, plan: PairPlan, kind: Kind, share: number): BenchmarkPair[] {
  const { seed, spread, side, imagesPerKind } = plan;
  const draw = (index: number) => studio.draw({ kind, seed, index, spread, side });
  const pictures = Array.from({ length: imagesPerKind }, (_, index) => draw(index));
  const random = new Random(seed, hashText(kind.name), hashText("pairs"));
  const matchable = (among: readonly Picture[], others: readonly Picture[]) =>
    random.shuffle(among.flatMap((a) => others.filter((b) => b !== a).map((b) => [a, b] as const)))
      .filter(([a, b]) => common(a, b).length >= LEAST_COMMON);
  const chosen = matchable(pictures, pictures);
  while (chosen.length < share) {
    if (pictures.length >= 8 * imagesPerKind + 16) {
      throw new InputError(
        `Cannot find ${share} pairs of ${kind.name} that share ${LEAST_COMMON} keypoints: ${pictures.length} pictures ` +
          `gave ${chosen.length}; ask for fewer pairs or an easier benchmark.difficulty`,
      );
    }
    const fresh = draw(pictures.length);
    chosen.push(...matchable([fresh], pictures), ...matchable(pictures, [fresh]));
    pictures.push(fresh);
  }
  return chosen.slice(0, share)
    .sort(([a, b], [c, d]) => a.recipe.index - c.recipe.index || b.recipe.index - d.recipe.index)
    .map(([source, target]) => pairOf(source, target));
}

/** The annotated pair of two pictures of one kind. */
export function pairOf(source: Picture, target: Picture): BenchmarkPair {
  const names = common(source, target);
  const number = (p: Picture) => String(p.recipe.index).padStart(3, "0");
  const kind = source.recipe.kind.name;
  return {
    id: `${kind}/${number(source)}-${number(target)}`,
    category: kind,
    images: { source: source.ref, target: target.ref },
    points: { source: pointsNamed(source, names), target: pointsNamed(target, names) },
    keypoints: names,
    boxes: { source: source.box, target: target.box },
    difficulty: difficultyOf(source, target),
    unmatched: {
      source: seen(source).filter((name) => !names.includes(name)),
      target: seen(target).filter((name) => !names.includes(name)),
    },
    dense: () => Promise.resolve(denseTruth(buildScene(source.recipe), buildScene(target.recipe))),
  };
}

/**
 * Difficulty on the scales of SPair-71k (0 easy, 1 medium, 2 hard; 0 none, 1 source, 2 target, 3 both), by rules of our
 * own, since here the causes are known:
 *
 * - viewpoint: turn between the azimuths; up to 30 degrees easy, up to 75 medium.
 * - scale: ratio of the square roots of the box areas, larger by smaller; up to 1.25 easy, up to 1.7 medium.
 * - truncation: more than 3 % of the object's whole box lies outside the picture.
 * - occlusion: something covers more than 2 % of the object's pixels.
 */
export function difficultyOf(
  source: Pick<Picture, "azimuth" | "box" | "cut" | "covered">,
  target: Pick<Picture, "azimuth" | "box" | "cut" | "covered">,
): Required<Difficulty> {
  const apart = Math.abs(source.azimuth - target.azimuth), turn = Math.min(apart, 360 - apart);
  const side = ({ box }: Pick<Picture, "box">) => Math.sqrt((box.x2 - box.x1 + 1) * (box.y2 - box.y1 + 1));
  const ratio = Math.max(side(source), side(target)) / Math.min(side(source), side(target));
  const which = (s: boolean, t: boolean) => (s ? 1 : 0) + (t ? 2 : 0);
  return {
    viewpoint: turn <= 30 ? 0 : turn <= 75 ? 1 : 2,
    scale: ratio <= 1.25 ? 0 : ratio <= 1.7 ? 1 : 2,
    truncation: which(source.cut > 0.03, target.cut > 0.03),
    occlusion: which(source.covered > 0.02, target.covered > 0.02),
  };
}

function seen(picture: Picture): string[] {
  return picture.keypoints.filter(({ visible }) => visible).map(({ name }) => name);
}

function common(a: Picture, b: Picture): string[] {
  const other = new Set(seen(b));
  return seen(a).filter((name) => other.has(name));
}

function pointsNamed(picture: Picture, names: readonly string[]): Points {
  const at = new Map(picture.keypoints.map((k) => [k.name, k]));
  return { n: names.length, xy: Float64Array.from(names.flatMap((name) => [at.get(name)!.x, at.get(name)!.y])) };
}

function neededImages(pairsPerKind: number): number {
  let n = 2;
  while (n * (n - 1) < pairsPerKind) n++;
  return n;
}
