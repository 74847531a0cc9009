/**
 * PF-WILLOW: pictures of ten sub-classes with ten keypoints each (Ham et al., TPAMI 2018).
 *
 * Layout, as distributed: `test_pairs.csv` (or `test_pairs_pf.csv`) beside a folder of sub-sets (`PF-dataset-WILLOW/`,
 * `PF-dataset/` or the root itself), each with `NAME.png` and `NAME.mat` (`pts_coord`, 2x10). Coordinates of both are
 * MATLAB's, counted from 1: one is subtracted, nothing is rounded (protocols that floor do so themselves).
 *
 * Pictures are read as stored; an orientation tag would be ignored.
 *
 * @module
 */
import { join } from "@std/path";
import { ImageFolder } from "../../core/data/image_ref.ts";
import { INCOMPLETE, PairList } from "../../core/data/pairs.ts";
import { dataRoot, firstExisting, needExisting, officialCount } from "../../core/data/root.ts";
import { option } from "../../core/option.ts";
import type { Benchmark, BenchmarkContext, BenchmarkPlugin, OptionsOf } from "../../core/types.ts";
import { Keypoints } from "./_keypoints.ts";
import { allPairs, stem, subsetFolder } from "./_folders.ts";
import { readPairList } from "./_list.ts";

const defaults = {
  pairs: option("auto", "official: test_pairs.csv; all: every ordered pair of a sub-set; auto: official where there", {
    choices: ["auto", "official", "all"],
  }),
  coordinates: option("csv", "where the points of listed pairs come from; a difference to the other is reported", {
    choices: ["csv", "mat"],
  }),
  incomplete: INCOMPLETE,
};

const LISTS = ["", "PF-dataset-WILLOW", "PF-dataset", "PF-WILLOW", ".."]
  .flatMap((folder) => ["test_pairs.csv", "test_pairs_pf.csv"].map((file) => join(folder, file)));
const NAMES = Array.from({ length: 10 }, (_, i) => String(i));

async function build(context: BenchmarkContext, options: OptionsOf<typeof defaults>): Promise<Benchmark> {
  const root = dataRoot(context);
  const folder = subsetFolder(root);
  const list = options.pairs === "official"
    ? needExisting(root, LISTS, context.card, "the pair list")
    : options.pairs === "auto"
    ? firstExisting(root, LISTS)
    : undefined;
  const images = new ImageFolder(folder);
  const keypoints = new Keypoints(folder, options.coordinates);
  const pairs = new PairList(options.incomplete);
  for (const item of list === undefined ? allPairs(folder) : readPairList(list)) {
    const { where, source, target } = item;
    await pairs.add(where, async () => ({
      id: `${source.subset}/${stem(source.file)}-${stem(target.file)}`,
      category: source.subset,
      points: keypoints.of(item),
      images: {
        source: await images.sized(join(folder, source.subset, source.file), where),
        target: await images.sized(join(folder, target.subset, target.file), where),
      },
      keypoints: NAMES,
    }));
  }
  const notes = keypoints.notes();
  if (list === undefined && options.pairs === "auto") {
    notes.push(`no test_pairs.csv under "${root}": every ordered pair of each sub-set is used`);
  }
  const official = officialCount(context.card, "test");
  return pairs.finish({ name: context.card.name, split: "test", threshold: "keypoints", official, notes });
}

export default { defaults, build } satisfies BenchmarkPlugin<typeof defaults>;
