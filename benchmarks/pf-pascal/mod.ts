/**
 * PF-PASCAL (Ham et al., TPAMI 2018) with the pair lists in use since NC-Net.
 *
 * Layout, as distributed: `PF-dataset-PASCAL/JPEGImages/*.jpg` and `PF-dataset-PASCAL/Annotations/{class}/*.mat` (`kps`,
 * N x 2 with NaN for hidden keypoints, and `bbox`), and the lists `{test,val,train}_pairs.csv` (also named `trn_` or
 * `..._pairs_pf_pascal.csv`) beside or inside it. Coordinates of lists and .mat files are MATLAB's, counted from 1: one
 * is subtracted, nothing is rounded.
 *
 * Of 299 test pairs 95 are also train pairs; the split `test-disjoint` is the other 204. The train list has pairs more
 * than once; each row counts, repeated ones get ids with `#2`, `#3`. Pictures are read as stored; an orientation tag is
 * ignored, as the loaders of the field (PIL) do.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { ImageFolder } from "../../core/data/image_ref.ts";
import { INCOMPLETE, PairList } from "../../core/data/pairs.ts";
import { dataRoot, isFolder, needExisting, officialCount } from "../../core/data/root.ts";
import { InputError } from "../../core/errors.ts";
import { option } from "../../core/option.ts";
import type { Benchmark, BenchmarkContext, BenchmarkPair, BenchmarkPlugin, OptionsOf } from "../../core/types.ts";
import { type Annotation, commonKeypoints, readAnnotation } from "./_annotation.ts";
import { type ListedPair, readSplit, type Split, SPLITS } from "./_lists.ts";
import { mirrored } from "./_mirror.ts";

const defaults = {
  split: option("test", "test, val, trn, or test-disjoint: the test pairs that are no train pairs", {
    choices: SPLITS as unknown as string[],
  }),
  coordinates: option("mat", "where points come from: mat: Annotations/; csv: the list, test only, as NC-Net does", {
    choices: ["mat", "csv"],
  }),
  incomplete: INCOMPLETE,
};

async function build(context: BenchmarkContext, options: OptionsOf<typeof defaults>): Promise<Benchmark> {
  const { card } = context;
  const root = dataRoot(context);
  const split = options.split as Split;
  const list = readSplit(root, split, card);
  const places = ["PF-dataset-PASCAL", "", join("PF-PASCAL", "PF-dataset-PASCAL"), "PF-PASCAL"];
  const folders = places.map((place) => join(place, "JPEGImages"));
  const images = new ImageFolder(needExisting(root, folders, card, "the folder of pictures"));
  const annotations = join(dirname(images.root), "Annotations");
  const annotated = isFolder(annotations);
  if (!annotated && options.coordinates === "mat") {
    throw new InputError(
      `Cannot open benchmark "pf-pascal": "${annotations}" is missing; with benchmark.coordinates=csv the test list's own ` +
        `points are used`,
    );
  }
  const cache = new Map<string, Annotation>();
  const seen = new Map<string, number>();
  const pairs = new PairList(options.incomplete);
  for (const row of list) await pairs.add(row.where, () => readPair(row));
  return pairs.finish({ name: card.name, split, threshold: "image", official: officialCount(card, split) });

  async function readPair(row: ListedPair): Promise<BenchmarkPair> {
    const { where, category, source, target } = row;
    const pair: BenchmarkPair = {
      id: `${category}/${stem(source)}-${stem(target)}`,
      category,
      images: {
        source: await images.sized(join(images.root, source), where),
        target: await images.sized(join(images.root, target), where),
      },
      ...(options.coordinates === "csv"
        ? { points: listed(row) }
        : commonKeypoints(annotation(row, source), annotation(row, target))),
      ...(annotated && { boxes: { source: annotation(row, source).box, target: annotation(row, target).box } }),
    };
    return numbered(row.flip ? mirrored(pair) : pair);
  }

  function annotation({ category }: ListedPair, picture: string): Annotation {
    const path = join(annotations, category, `${stem(picture)}.mat`);
    const known = cache.get(path) ?? readAnnotation(path);
    cache.set(path, known);
    return known;
  }

  /** Official train rows repeat; in the other lists a repeated pair is left to be an error. */
  function numbered(pair: BenchmarkPair): BenchmarkPair {
    if (split !== "trn") return pair;
    const count = (seen.get(pair.id) ?? 0) + 1;
    seen.set(pair.id, count);
    return count === 1 ? pair : { ...pair, id: `${pair.id}#${count}` };
  }
}

function listed({ where, points }: ListedPair): BenchmarkPair["points"] {
  if (points) return points();
  throw new InputError(`${where}: the list has no points (columns XA, YA, XB, YB); use benchmark.coordinates=mat`);
}

function stem(file: string): string {
  return file.replace(/\.[^.]*$/, "");
}

export default { defaults, build } satisfies BenchmarkPlugin<typeof defaults>;
