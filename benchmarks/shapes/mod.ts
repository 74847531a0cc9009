/**
 * `shapes`: rendered pictures of parametric objects, with exact keypoints, visibility, boxes, masks and dense flow.
 * It needs no data, and numbers from it are always marked synthetic: it tests code, not claims about photographs.
 *
 * The same options give the same benchmark everywhere: random numbers are integers of a generator of our own, results
 * of sin, cos and pow (which engines may round differently) are rounded to 2^-16 at once, and what follows is IEEE
 * arithmetic and square roots. What is left to an engine is a value that falls exactly on a rounding tie.
 *
 * Masks, boxes and flow are exact at pixel centres; pictures are supersampled. A pair has the keypoints seen in both
 * pictures, three at least.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { InputError, suggest } from "../../core/errors.ts";
import { option } from "../../core/option.ts";
import type { Benchmark, BenchmarkPair, BenchmarkPlugin, OptionsOf } from "../../core/types.ts";
import { KINDS } from "./kinds/mod.ts";
import type { Kind } from "./kinds/kind.ts";
import { planPairs } from "./pairs.ts";
import { Studio } from "./picture.ts";
import { type Spread, SPREADS } from "./scene.ts";

const defaults = {
  seed: option(0, "seed of everything drawn", { integer: true, min: 0, max: 4294967295 }),
  pairs: option(60, "number of pairs, shared evenly by the kinds", { integer: true, min: 1, max: 100000 }),
  images_per_kind: option(6, "pictures per kind; raised where too few pairs share three keypoints", {
    integer: true,
    min: 2,
    max: 1000,
  }),
  size: option(256, "nominal side in pixels; sides are 0.75 to 1.25 times this", { integer: true, min: 32, max: 2048 }),
  kinds: option("all" as string | readonly string[], "kinds to draw: all, one name, or a list", {
    accepts: ["string", "list"],
  }),
  difficulty: option("medium" as string, "how far pictures of a kind differ", { choices: SPREADS }),
  supersample: option(2, "geometry samples per pixel and axis, against jagged edges", {
    integer: true,
    min: 1,
    max: 8,
  }),
};

export default {
  defaults,
  build({ card }, options): Benchmark {
    const studio = new Studio(card.version, options.supersample);
    const pairs = planPairs(studio, {
      kinds: chosenKinds(options.kinds),
      pairs: options.pairs,
      imagesPerKind: options.images_per_kind,
      seed: options.seed,
      spread: chosenSpread(options.difficulty),
      side: options.size,
    });
    return {
      name: "shapes",
      split: "test",
      threshold: "box",
      synthetic: true,
      pairs,
      sha256: hashOf(card.version, pairs),
      notes: ["rendered, not photographed: compare code with it, not methods for photographs"],
    };
  },
} satisfies BenchmarkPlugin<typeof defaults>;

/** The options of `shapes`. */
export type ShapesOptions = OptionsOf<typeof defaults>;

function chosenKinds(asked: string | readonly string[]): readonly Kind[] {
  if (asked === "all") return KINDS;
  const names = typeof asked === "string" ? asked.split(",").map((name) => name.trim()) : asked;
  if (names.length === 0) throw new InputError("Cannot draw no kinds: name at least one in benchmark.kinds, or all");
  const known = KINDS.map(({ name }) => name);
  return names.map((name, i) => {
    const kind = KINDS.find((k) => k.name === name);
    if (kind === undefined) throw new InputError(`Cannot draw kind "${name}"${suggest(String(name), known)}`);
    if (names.indexOf(name) !== i) {
      throw new InputError(`Cannot draw kind "${name}" twice: name it once in benchmark.kinds`);
    }
    return kind;
  });
}

function chosenSpread(asked: string): Spread {
  const found = SPREADS.find((spread) => spread === asked);
  if (found === undefined) throw new InputError(`Cannot draw difficulty "${asked}"${suggest(asked, SPREADS)}`);
  return found;
}

/** Hash of all that is scored against. */
function hashOf(version: number, pairs: readonly BenchmarkPair[]): string {
  const hash = createHash("sha256").update(`shapes ${version}`);
  for (const { id, images, points, keypoints, boxes } of pairs) {
    const [source, target] = [[...points.source.xy], [...points.target.xy]];
    const sizes = [images.source.size, images.target.size];
    hash.update(JSON.stringify([id, sizes, keypoints, source, target, boxes?.source, boxes?.target]));
  }
  return hash.digest("hex");
}
