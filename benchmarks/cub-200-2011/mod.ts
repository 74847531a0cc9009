/**
 * CUB-200-2011 (Wah et al., 2011) as a correspondence benchmark: birds with 15 parts.
 *
 * Layout, as distributed: `CUB_200_2011/` with `images.txt`, `classes.txt`, `image_class_labels.txt`,
 * `train_test_split.txt`, `bounding_boxes.txt`, `parts/parts.txt`, `parts/part_locs.txt` and `images/`.
 *
 * The release has no pairs, and papers draw their own at random. Here they follow a rule that depends on the files and
 * the seed only ("seeded order": by sha256 of `<seed>/<name>`, see `seededOrder()`):
 *
 * - `pairs=species`: two pictures of one species with at least three parts visible in both; of each species the first
 *   `per_species` in seeded order of `source-target`.
 * - `pairs=birds`: the pictures of the split in seeded order; each is the source of pairs with the next ones in that
 *   order, one step away, then two steps, ... until `total` pairs share at least three parts.
 *
 * The source is the picture that comes first in seeded order. Coordinates and boxes are used as the files give them; the
 * threshold is the target's box. Pictures are read as stored; an orientation tag is ignored.
 *
 * @module
 */
import { join } from "@std/path";
import { ImageFolder } from "../../core/data/image_ref.ts";
import { INCOMPLETE, PairList } from "../../core/data/pairs.ts";
import { dataRoot, needExisting } from "../../core/data/root.ts";
import { option } from "../../core/option.ts";
import type {
  Benchmark,
  BenchmarkContext,
  BenchmarkPair,
  BenchmarkPlugin,
  OptionsOf,
  Points,
} from "../../core/types.ts";
import { type Bird, readBirds } from "./_birds.ts";
import { acrossBirds, commonParts, insideSpecies, stem } from "./_pairs.ts";

const defaults = {
  split: option("test", "test or trn, the official split of pictures", { choices: ["test", "trn"] }),
  pairs: option("species", "species: pairs inside each species; birds: pairs of any two birds", {
    choices: ["species", "birds"],
  }),
  per_species: option(20, "pairs of each species, for pairs=species", { integer: true, min: 1 }),
  total: option(5000, "pairs altogether, for pairs=birds", { integer: true, min: 1 }),
  seed: option("cub-200-2011", "names the order pairs are chosen in"),
  incomplete: INCOMPLETE,
};

async function build(context: BenchmarkContext, options: OptionsOf<typeof defaults>): Promise<Benchmark> {
  const { card } = context;
  const list = needExisting(dataRoot(context), ["images.txt", join("CUB_200_2011", "images.txt")], card, "the release");
  const root = join(list, "..");
  const { birds, partNames } = readBirds(root);
  const images = new ImageFolder(join(root, "images"));
  const mine = birds.filter(({ test }) => test === (options.split === "test"));
  const chosen = options.pairs === "species"
    ? insideSpecies(mine, options.per_species, options.seed)
    : acrossBirds(mine, options.total, options.seed);
  const pairs = new PairList(options.incomplete);
  for (const [source, target] of chosen) await pairs.add(source.where, () => readPair(source, target));
  return pairs.finish({
    name: card.name,
    split: `${options.split}-${options.pairs}`,
    threshold: "box",
    notes: [`pairs chosen with seed "${options.seed}" from ${mine.length} pictures`],
  });

  async function readPair(source: Bird, target: Bird): Promise<BenchmarkPair> {
    const common = commonParts(source, target);
    const name = (part: number) => partNames.get(part) ?? String(part);
    const only = (a: Bird, b: Bird) => [...a.parts.keys()].filter((part) => !b.parts.has(part)).map(name);
    return {
      id: `${stem(source)}-${stem(target)}`,
      category: options.pairs === "species" ? source.species : "bird",
      images: {
        source: await images.sized(join(images.root, source.file), source.where),
        target: await images.sized(join(images.root, target.file), target.where),
      },
      points: { source: points(source, common), target: points(target, common) },
      keypoints: common.map(name),
      boxes: { source: source.box, target: target.box },
      unmatched: { source: only(source, target), target: only(target, source) },
    };
  }
}

function points({ parts }: Bird, common: readonly number[]): Points {
  return { n: common.length, xy: Float64Array.from(common.flatMap((part) => [...parts.get(part)!])) };
}

export default { defaults, build } satisfies BenchmarkPlugin<typeof defaults>;
