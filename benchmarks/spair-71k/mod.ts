/**
 * SPair-71k (Min et al., 2019): pairs of 18 classes with keypoints, boxes and four difficulty labels.
 *
 * Layout, as distributed: `Layout/{large,small}/{trn,val,test}.txt` (lines `000001-A-B:category`),
 * `PairAnnotation/{split}/LINE.json`, `JPEGImages/{category}/*.jpg`, and `ImageAnnotation/{category}/*.json`, from which
 * the keypoints visible in one picture only are taken where the folder is there. The root is that folder or its parent.
 *
 * Points and boxes are used as the files give them: every official evaluator treats them as counted from 0. Pictures
 * are read as stored; an orientation tag is ignored, as the loaders of the field (PIL) do.
 *
 * @module
 */
import { join } from "@std/path";
import { readPairAnnotations } from "../../core/data/pair_annotation/mod.ts";
import { INCOMPLETE, PairList } from "../../core/data/pairs.ts";
import { dataRoot, needExisting, officialCount } from "../../core/data/root.ts";
import { option } from "../../core/option.ts";
import type { Benchmark, BenchmarkContext, BenchmarkPlugin, OptionsOf } from "../../core/types.ts";

const defaults = {
  split: option("test", "trn, val or test", { choices: ["trn", "val", "test"] }),
  layout: option("large", "large: the whole set; small: the authors' subset", { choices: ["large", "small"] }),
  incomplete: INCOMPLETE,
};

async function build(context: BenchmarkContext, options: OptionsOf<typeof defaults>): Promise<Benchmark> {
  const { split, layout } = options;
  const place = join("Layout", layout, `${split}.txt`);
  const places = [place, join("SPair-71k", place)];
  const list = needExisting(dataRoot(context), places, context.card, `the list of split "${split}"`);
  const root = join(list, "..", "..", "..");
  const pairs = new PairList(options.incomplete);
  await readPairAnnotations({
    list,
    pairs: join(root, "PairAnnotation", split),
    images: join(root, "JPEGImages"),
    visibility: join(root, "ImageAnnotation"),
  }, pairs);
  return pairs.finish({
    name: context.card.name,
    split: layout === "large" ? split : `${split}-small`,
    threshold: "box",
    official: layout === "large" ? officialCount(context.card, split) : undefined,
  });
}

export default { defaults, build } satisfies BenchmarkPlugin<typeof defaults>;
