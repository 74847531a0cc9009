/**
 * SPair-U (Mariotti et al., NeurIPS 2025): the test pictures of SPair-71k with keypoints no training split has.
 *
 * The files have the form of SPair-71k. Found are both layouts in use: `SPair-U/` with `PairAnnotation/test` and
 * `ImageAnnotation`, and an SPair-71k folder with `ExtraPairAnnotation/test` and `ExtraImageAnnotation` added. Pairs
 * come from the annotation's own `Layout/large/test.txt`, else from that of SPair-71k, some lines of which have no file
 * in the release: they are counted in a note, not an error. Without either list every annotation file is a pair.
 *
 * Pictures are read as stored; an orientation tag is ignored, as the loaders of the field (PIL) do.
 *
 * @module
 */
import { join } from "@std/path";
import { readPairAnnotations } from "../../core/data/pair_annotation/mod.ts";
import { INCOMPLETE, PairList } from "../../core/data/pairs.ts";
import { dataRoot, firstExisting, isFolder, needExisting } from "../../core/data/root.ts";
import { option } from "../../core/option.ts";
import type { Benchmark, BenchmarkContext, BenchmarkPlugin, OptionsOf } from "../../core/types.ts";

const defaults = {
  pictures: option(
    null as string | null,
    "folder of SPair-71k with JPEGImages; null: looked for beside the annotation",
    {
      accepts: ["string"],
    },
  ),
  incomplete: INCOMPLETE,
};

const LIST = join("Layout", "large", "test.txt");
const PICTURES = ["", "SPair-71k", join("..", "SPair-71k"), ".."].map((place) => join(place, "JPEGImages"));

/**
 * Places of the pair annotations. `PairAnnotation` of a folder that also has pictures is that of SPair-71k itself: taking
 * it would score the wrong keypoints under this name.
 */
function annotations(root: string): string[] {
  const places = ["SPair-U", "", "SPair-71k"];
  return [
    ...places.map((place) => join(place, "ExtraPairAnnotation", "test")),
    ...places.filter((place) => !isFolder(join(root, place, "JPEGImages")))
      .map((place) => join(place, "PairAnnotation", "test")),
  ];
}

async function build(context: BenchmarkContext, options: OptionsOf<typeof defaults>): Promise<Benchmark> {
  const { card } = context;
  const root = dataRoot(context);
  const found = needExisting(root, annotations(root), card, "the folder of pair annotations");
  const base = join(found, "..", "..");
  const extra = found.includes("ExtraPairAnnotation");
  const pictures = options.pictures ?? root;
  const list = firstExisting(base, [LIST]) ?? firstExisting(pictures, [LIST, join("SPair-71k", LIST)]);
  const pairs = new PairList(options.incomplete);
  const absent = await readPairAnnotations({
    list,
    pairs: found,
    images: needExisting(pictures, PICTURES, card, "the folder of SPair-71k pictures"),
    visibility: join(base, extra ? "ExtraImageAnnotation" : "ImageAnnotation"),
    absentPairs: true,
  }, pairs);
  const notes = list === undefined ? ["no list of pairs: every annotation file is a pair"] : [];
  if (absent > 0) notes.push(`${absent} listed pairs have no annotation file, as in the official release`);
  return pairs.finish({ name: card.name, split: "test", threshold: "box", notes });
}

export default { defaults, build } satisfies BenchmarkPlugin<typeof defaults>;
