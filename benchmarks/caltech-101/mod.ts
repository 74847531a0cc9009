/**
 * Caltech-101 for mask transfer: 15 pairs per category with the outlines of both objects, in the list that came with
 * WeakAlign and is used since.
 *
 * Layout: `test_pairs_caltech_with_category.csv` beside `101_ObjectCategories/{category}/image_0001.jpg`. The list's
 * seven columns are read by position: two pictures, the category's number from 1, then x and y of the source outline and
 * x and y of the target outline, each a list of numbers separated by commas. Evaluators use these numbers as they are,
 * and so does this reader. A row that repeats a pair counts again, with a note.
 *
 * Outlines are no matching points, so pairs have none; masks (filled as scikit-image's `draw.polygon` does) and outlines
 * are in the dense truth. Pictures are read as stored; an orientation tag is ignored.
 *
 * @module
 */
import { basename, dirname, join } from "@std/path";
import { type CsvRow, readCsv, readText } from "../../core/data/csv.ts";
import { ImageFolder } from "../../core/data/image_ref.ts";
import { INCOMPLETE, PairList } from "../../core/data/pairs.ts";
import { dataRoot, needExisting, officialCount } from "../../core/data/root.ts";
import { InputError } from "../../core/errors.ts";
import { fillPolygon } from "../../core/metrics/mask.ts";
import type {
  Benchmark,
  BenchmarkContext,
  BenchmarkPair,
  BenchmarkPlugin,
  DenseTruth,
  OptionsOf,
  Points,
} from "../../core/types.ts";

const defaults = { incomplete: INCOMPLETE };

const LIST = "test_pairs_caltech_with_category.csv";
const LISTS = [LIST, "test_pairs.csv", join("..", LIST)];
const PICTURES = ["101_ObjectCategories", join("caltech-101", "101_ObjectCategories"), ""];
const NONE = { n: 0, xy: new Float64Array() };

async function build(context: BenchmarkContext, options: OptionsOf<typeof defaults>): Promise<Benchmark> {
  const { card } = context;
  const root = dataRoot(context);
  const list = needExisting(root, LISTS, card, "the pair list");
  const images = new ImageFolder(needExisting(root, PICTURES, card, "the folder of pictures"));
  const pairs = new PairList(options.incomplete);
  let repeated = 0;
  for (const row of readCsv(list, [])) {
    await pairs.add(row.where, async () => {
      const pair = await readPair(row, images);
      if (!pairs.has(pair.id)) return pair;
      repeated++;
      return { ...pair, id: `${pair.id}#${row.line}` };
    });
  }
  return pairs.finish({
    name: card.name,
    split: "test",
    threshold: "image",
    official: officialCount(card, "test"),
    notes: repeated > 0 ? [`${repeated} rows of the list repeat an earlier pair; every row counts`] : [],
    truth: readText(list),
  });
}

async function readPair(row: CsvRow, images: ImageFolder): Promise<BenchmarkPair> {
  if (row.width !== 7) throw new InputError(`${row.where}: has ${row.width} columns, 7 are needed`);
  const names = { source: picture(row, 0), target: picture(row, 1) };
  const source = await images.sized(join(images.root, names.source), row.where);
  const target = await images.sized(join(images.root, names.target), row.where);
  const outlines = { source: outline(row, 3), target: outline(row, 5) };
  const dense = (): Promise<DenseTruth> => {
    const masks = {
      source: fillPolygon(outlines.source, source.size!).data,
      target: fillPolygon(outlines.target, target.size!).data,
    };
    return Promise.resolve({ size: source.size!, masks, outlines });
  };
  const category = dirname(names.source);
  return {
    id: `${category}/${stem(names.source)}-${stem(names.target)}`,
    category,
    images: { source, target },
    points: { source: NONE, target: NONE },
    dense,
  };
}

/** `category/file` of a path such as `101_ObjectCategories/category/file`. */
function picture(row: CsvRow, column: number): string {
  const parts = row.at(column).replaceAll("\\", "/").split("/").slice(-2);
  if (parts.length === 2 && !parts.includes("..")) return parts.join("/");
  throw new InputError(`${row.where}: column ${column + 1} is "${row.at(column)}", category/file is needed`);
}

function outline(row: CsvRow, column: number): Points {
  const [xs, ys] = [column, column + 1].map((at) => numbers(row, at));
  if (xs!.length !== ys!.length || xs!.length < 3) {
    throw new InputError(
      `${row.where}: columns ${column + 1} and ${column + 2} have ${xs!.length} and ${
        ys!.length
      } numbers, an outline ` +
        `needs three or more of each`,
    );
  }
  return { n: xs!.length, xy: Float64Array.from(xs!.flatMap((x, i) => [x, ys![i]!])) };
}

function numbers(row: CsvRow, column: number): number[] {
  const list = row.at(column).split(/[,;]/).map((text) => text.trim() === "" ? NaN : Number(text));
  if (list.every(Number.isFinite)) return list;
  throw new InputError(`${row.where}: column ${column + 1} holds something that is no finite number`);
}

function stem(path: string): string {
  return basename(path).replace(/\.[^.]*$/, "");
}

export default { defaults, build } satisfies BenchmarkPlugin<typeof defaults>;
