import { createHash } from "node:crypto";
import { InputError } from "../errors.ts";
import { option } from "../option.ts";
import type { Benchmark, BenchmarkPair, Box, ImageRef, Points, ThresholdSource } from "../types.ts";

/** The option every benchmark read from files has. */
export const INCOMPLETE = option("error", "pairs with missing or malformed data: stop, or leave out and say how many", {
  choices: ["error", "skip"],
});

/** What {@linkcode PairList.finish} needs to know beside the pairs. */
export interface BenchmarkFacts {
  readonly name: string;
  readonly split: string;
  readonly threshold: ThresholdSource;
  /** Pairs of the official split, where known: a different count becomes a note. */
  readonly official?: number | undefined;
  readonly notes?: readonly string[];
  /** Dense ground truth that costs nothing to have at hand (an outline list, say): becomes part of the hash. */
  readonly truth?: string;
}

/**
 * Collects and checks the pairs of a benchmark. A pair that fails is an InputError, or with `incomplete=skip` it is left
 * out and counted in the notes: the denominator never changes in silence.
 */
export class PairList {
  readonly #pairs = new Map<string, BenchmarkPair>();
  readonly #left: string[] = [];
  #outside = 0;
  #same = 0;

  constructor(readonly incomplete: string) {}

  get size(): number {
    return this.#pairs.size;
  }

  has(id: string): boolean {
    return this.#pairs.has(id);
  }

  /**
   * Adds a pair.
   *
   * @param where file (and line) of the pair, put before messages that do not name a file themselves
   * @param make reads the pair; an InputError it throws is treated as `incomplete` says
   */
  async add(where: string, make: () => BenchmarkPair | Promise<BenchmarkPair>): Promise<void> {
    try {
      const made = make();
      const pair = made instanceof Promise ? await made : made;
      this.#check(pair, where);
      this.#pairs.set(pair.id, pair);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (this.incomplete !== "skip") {
        throw new InputError(`${error.message} (benchmark.incomplete=skip leaves such pairs out and counts them)`, {
          cause: error,
        });
      }
      this.#left.push(error.message);
    }
  }

  /** The benchmark, with its hash and notes. */
  finish(facts: BenchmarkFacts): Benchmark {
    const pairs = [...this.#pairs.values()];
    if (pairs.length === 0) {
      const why = this.#left[0] ?? "its pair list is empty";
      throw new InputError(`Cannot open benchmark "${facts.name}": no pair of split "${facts.split}" is left (${why})`);
    }
    const { name, split, threshold, official } = facts;
    const notes = [...facts.notes ?? []];
    const listed = pairs.length + this.#left.length;
    if (official !== undefined && official !== listed) {
      notes.push(`${listed} pairs listed, the official split "${split}" has ${official}: numbers are not comparable`);
    }
    if (this.#left.length > 0) {
      const shown = this.#left.slice(0, 3).join(" | ");
      const more = this.#left.length > 3 ? ` | and ${this.#left.length - 3} more` : "";
      notes.push(`${this.#left.length} of ${listed} pairs left out: ${shown}${more}`);
    }
    if (this.#outside > 0) notes.push(`${this.#outside} of ${pairs.length} pairs have points outside their picture`);
    if (this.#same > 0) notes.push(`${this.#same} of ${pairs.length} pairs have one picture as source and target`);
    return { name, split, threshold, synthetic: false, pairs, sha256: hashPairs(facts, pairs), notes };
  }

  #check(pair: BenchmarkPair, where: string): void {
    if (this.#pairs.has(pair.id)) throw new InputError(`${where}: pair id "${pair.id}" is there twice`);
    const { source, target } = pair.points;
    if (source.n !== target.n) {
      throw new InputError(`${where}: pair "${pair.id}" has ${source.n} source points and ${target.n} target points`);
    }
    if (source.n === 0 && !pair.dense) throw new InputError(`${where}: pair "${pair.id}" has no common keypoint`);
    if (pair.keypoints && pair.keypoints.length !== source.n) {
      throw new InputError(
        `${where}: pair "${pair.id}" has ${source.n} points and ${pair.keypoints.length} keypoint ids`,
      );
    }
    let outside = false;
    for (const side of ["source", "target"] as const) {
      const points = pair.points[side];
      if (!points.xy.every(Number.isFinite)) {
        throw new InputError(`${where}: pair "${pair.id}" has a ${side} point that is no finite number`);
      }
      if (pair.boxes) checkBox(pair.boxes[side], `${where}: the ${side} box of pair "${pair.id}"`);
      outside ||= isOutside(points, pair.images[side]);
    }
    if (outside) this.#outside++;
    if (pair.images.source.id === pair.images.target.id) this.#same++;
  }
}

/** A box in words of its file: finite and of positive size, or an InputError starting with `what`. */
export function checkBox(box: Box, what: string): Box {
  const { x1, y1, x2, y2 } = box;
  if (x2 > x1 && y2 > y1) return box;
  throw new InputError(`${what} has no area: ${x1},${y1} to ${x2},${y2}`);
}

/** Points that a method may not be able to look up: farther out than the outer edge of the border pixels. */
function isOutside({ xy }: Points, { size }: ImageRef): boolean {
  if (!size) return false;
  for (let i = 0; i < xy.length; i += 2) {
    const x = xy[i]!, y = xy[i + 1]!;
    if (x < -0.5 || y < -0.5 || x > size.width - 0.5 || y > size.height - 0.5) return true;
  }
  return false;
}

/**
 * Hex sha256 over everything scored against: ids, categories, points, boxes, sizes, keypoint ids, difficulty. It does not
 * depend on the order of the pairs. Dense ground truth that lies in files of
 * its own is not read and not part of it.
 */
export function hashPairs(
  { name, split, threshold, truth }: Pick<BenchmarkFacts, "name" | "split" | "threshold" | "truth">,
  pairs: readonly BenchmarkPair[],
): string {
  const hash = createHash("sha256").update(JSON.stringify([name, split, threshold, truth]) + "\n");
  const sorted = pairs.toSorted((a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  for (const pair of sorted) hash.update(canonical(pair) + "\n");
  return hash.digest("hex");
}

function canonical({ id, category, images, points, boxes, keypoints, difficulty, unmatched }: BenchmarkPair): string {
  const image = ({ id, size }: ImageRef) => [id, size?.width, size?.height];
  const box = ({ x1, y1, x2, y2 }: Box) => [x1, y1, x2, y2];
  return JSON.stringify([
    id,
    category,
    image(images.source),
    image(images.target),
    Array.from(points.source.xy),
    Array.from(points.target.xy),
    boxes ? [box(boxes.source), box(boxes.target)] : null,
    keypoints ?? null,
    difficulty ? [difficulty.viewpoint, difficulty.scale, difficulty.truncation, difficulty.occlusion] : null,
    unmatched ? [unmatched.source, unmatched.target] : null,
  ]);
}
