/**
 * AP-10K as a correspondence benchmark (Zhang et al., CVPR 2024), on the annotation of Yu et al. (2021): pairs inside a
 * species, between species of a family, and between families.
 *
 * Two layouts are read. `pairs=generated`: the official release, `annotations/ap10k-{train,val,test}-split1.json` and
 * `data/*.jpg`; pairs follow the rule of `_generate.ts`, which depends on content and seed only. `pairs=list`: the folders
 * the notebook of Zhang et al. writes, `PairAnnotation/{split}[_cross_species|_cross_family]/*.json`,
 * `ImageAnnotation/{family}/{species}/*.json`, `JPEGImages/{family}/{species}/*.jpg`; its choice of pictures depends on
 * the file system it ran on, so two such folders may differ.
 *
 * Used are keypoints with flag 2 (visible) in both pictures. Coordinates are used as the files give them. Pictures are
 * read as stored; an orientation tag is ignored, as the loaders of the field (PIL) do.
 *
 * @module
 */
import { ImageFolder } from "../../core/data/image_ref.ts";
import { INCOMPLETE, PairList } from "../../core/data/pairs.ts";
import { dataRoot, firstExisting, isFolder } from "../../core/data/root.ts";
import { InputError } from "../../core/errors.ts";
import { option } from "../../core/option.ts";
import type {
  Benchmark,
  BenchmarkContext,
  BenchmarkPair,
  BenchmarkPlugin,
  OptionsOf,
  Points,
} from "../../core/types.ts";
import { type Animal, indices } from "./_animal.ts";
import { readAnimals } from "./_coco.ts";
import { type AnimalPair, generatePairs, pairName, type Setting, type Split } from "./_generate.ts";
import { listedPairs, pairFolder } from "./_listed.ts";

const defaults = {
  setting: option("intra-species", "which animals make a pair", {
    choices: ["intra-species", "cross-species", "cross-family"],
  }),
  split: option("test", "test, val, or trn (intra-species only)", { choices: ["test", "val", "trn"] }),
  pairs: option("auto", "list: PairAnnotation/; generated: from the official annotation; auto: the list where there", {
    choices: ["auto", "list", "generated"],
  }),
  seed: option("ap-10k", "names the order pictures and pairs are generated in"),
  incomplete: INCOMPLETE,
};

async function build(context: BenchmarkContext, options: OptionsOf<typeof defaults>): Promise<Benchmark> {
  const given = dataRoot(context);
  const nested = firstExisting(given, ["ap-10k/annotations", "ap-10k/PairAnnotation"]);
  const root = nested === undefined ? given : `${given}/ap-10k`;
  const setting = options.setting as Setting, split = options.split as Split;
  const folder = pairFolder(root, setting, split);
  const pairs = new PairList(options.incomplete);
  const images = new ImageFolder(root);
  const notes: string[] = [];
  if (options.pairs === "list" || (options.pairs === "auto" && isFolder(folder))) {
    if (!isFolder(folder)) throw new InputError(`Cannot open benchmark "ap-10k": "${folder}" is no folder`);
    for (const { id, where, read } of listedPairs(root, folder)) {
      await pairs.add(where, () => makePair(id, read(), images));
    }
  } else {
    if (split === "trn" && setting !== "intra-species") {
      throw new InputError(`Cannot open benchmark "ap-10k": split trn exists for setting intra-species only`);
    }
    const { families, pictures, several, bare } = readAnimals(root);
    for (const pair of generatePairs(families, setting, split, options.seed)) {
      await pairs.add(pair.source.where, () => makePair(`${pair.category}/${pairName(pair)}`, pair, images));
    }
    notes.push(
      `pairs generated with seed "${options.seed}"; of ${pictures} annotated pictures ${several} have several animals and ` +
        `${bare} fewer than 3 visible keypoints: not used`,
    );
  }
  return pairs.finish({ name: context.card.name, split: `${split}-${setting}`, threshold: "box", notes });
}

function makePair(id: string, { category, source, target }: AnimalPair, images: ImageFolder): BenchmarkPair {
  const common = indices(source.visible & target.visible);
  return {
    id,
    category,
    images: {
      source: images.ref(source.path, source.where, source.size),
      target: images.ref(target.path, target.where, target.size),
    },
    points: { source: points(source, common), target: points(target, common) },
    keypoints: common.map(String),
    boxes: { source: source.box, target: target.box },
    unmatched: {
      source: indices(source.visible & ~target.visible).map(String),
      target: indices(target.visible & ~source.visible).map(String),
    },
  };
}

function points({ xy }: Animal, keypoints: readonly number[]): Points {
  return { n: keypoints.length, xy: Float64Array.from(keypoints.flatMap((k) => [xy[2 * k]!, xy[2 * k + 1]!])) };
}

export default { defaults, build } satisfies BenchmarkPlugin<typeof defaults>;
