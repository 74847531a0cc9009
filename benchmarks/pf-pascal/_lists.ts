import { basename, join } from "@std/path";
import { type CsvRow, readCsv } from "../../core/data/csv.ts";
import { needExisting } from "../../core/data/root.ts";
import { InputError } from "../../core/errors.ts";
import type { Card, Pair, Points } from "../../core/types.ts";

/** The classes in the order of the lists, which count them from 1. */
export const CLASSES = [
  "aeroplane",
  "bicycle",
  "bird",
  "boat",
  "bottle",
  "bus",
  "car",
  "cat",
  "chair",
  "cow",
  "diningtable",
  "dog",
  "horse",
  "motorbike",
  "person",
  "pottedplant",
  "sheep",
  "sofa",
  "train",
  "tvmonitor",
] as const;

export const SPLITS = ["test", "test-disjoint", "val", "trn"] as const;
export type Split = typeof SPLITS[number];

/** One row of a list. */
export interface ListedPair extends Pair<string> {
  readonly where: string;
  /** File names, such as `2011_001407.jpg`. */
  readonly source: string;
  readonly target: string;
  readonly category: string;
  /** Whether both pictures are mirrored (train list only). */
  readonly flip: boolean;
  /** The list's own points, counted from 0; only the test list has them. */
  readonly points?: () => Pair<Points>;
}

/** The list of a split; `test-disjoint` is worked out from the test and the train list. */
export function readSplit(root: string, split: Split, card: Card): ListedPair[] {
  if (split !== "test-disjoint") return readList(listPath(root, split, card));
  const key = ({ category, source, target }: ListedPair) => `${category}/${source}-${target}`;
  const train = new Set(readList(listPath(root, "trn", card)).map(key));
  return readList(listPath(root, "test", card)).filter((pair) => !train.has(key(pair)));
}

/** The rows of one list. */
export function readList(path: string): ListedPair[] {
  return readCsv(path, ["source_image", "target_image", "class"]).map((row) => {
    const points = row.has("XA")
      ? { points: () => ({ source: listedPoints(row, "A"), target: listedPoints(row, "B") }) }
      : {};
    return {
      where: row.where,
      source: basename(row.text("source_image")),
      target: basename(row.text("target_image")),
      category: category(row),
      flip: row.has("flip") && flag(row),
      ...points,
    };
  });
}

function listPath(root: string, split: "test" | "val" | "trn", card: Card): string {
  const names = split === "trn" ? ["trn", "train"] : [split];
  const files = names.flatMap((name) => [`${name}_pairs.csv`, `${name}_pairs_pf_pascal.csv`]);
  const places = ["", "PF-dataset-PASCAL", "PF-PASCAL", ".."].flatMap((folder) => files.map((f) => join(folder, f)));
  return needExisting(root, places, card, `the list of split "${split}"`);
}

function category(row: CsvRow): string {
  const number = row.number("class");
  const name = CLASSES[number - 1];
  if (name !== undefined) return name;
  throw new InputError(`${row.where}: "class" is ${number}, a number from 1 to ${CLASSES.length} is needed`);
}

function flag(row: CsvRow): boolean {
  const value = row.number("flip");
  if (value === 0 || value === 1) return value === 1;
  throw new InputError(`${row.where}: "flip" is ${value}, 0 or 1 is needed`);
}

function listedPoints(row: CsvRow, side: "A" | "B"): Points {
  const xs = row.numbers(`X${side}`), ys = row.numbers(`Y${side}`);
  if (xs.length !== ys.length) {
    throw new InputError(`${row.where}: "X${side}" has ${xs.length} numbers and "Y${side}" ${ys.length}`);
  }
  return { n: xs.length, xy: Float64Array.from(xs.flatMap((x, i) => [x - 1, ys[i]! - 1])) };
}
