import { basename, dirname } from "@std/path";
import { type CsvRow, readCsv } from "../../core/data/csv.ts";
import { InputError } from "../../core/errors.ts";
import type { Pair, Points } from "../../core/types.ts";

/** A pair as the list or the folders name it. */
export interface ListedPair extends Pair<Picture> {
  /** File and line, for messages. */
  readonly where: string;
  /** From the list, counted from 0; absent where there is no list. */
  readonly points?: () => Pair<Points>;
}

/** A picture below the folder of sub-sets. */
export interface Picture {
  readonly subset: string;
  readonly file: string;
}

const NUMBERS = Array.from({ length: 10 }, (_, i) => i + 1);
const COLUMNS = ["imageA", "imageB", ...["XA", "YA", "XB", "YB"].flatMap((name) => NUMBERS.map((i) => `${name}${i}`))];

/** The official pair list: names and ten points per picture, counted from 1. */
export function* readPairList(path: string): Generator<ListedPair> {
  for (const row of readCsv(path, COLUMNS)) {
    yield {
      where: row.where,
      source: picture(row, "imageA"),
      target: picture(row, "imageB"),
      points: () => ({ source: points(row, "A"), target: points(row, "B") }),
    };
  }
}

// Releases differ in the folders before `SUBSET/FILE`, which are therefore not looked at.
function picture(row: CsvRow, column: string): Picture {
  const path = row.text(column).replaceAll("\\", "/");
  const subset = basename(dirname(path));
  if (subset === "." || subset === "" || path.split("/").includes("..")) {
    throw new InputError(`${row.where}: "${column}" is "${path}", a path such as PF-dataset/car(S)/NAME.png is needed`);
  }
  return { subset, file: basename(path) };
}

function points(row: CsvRow, side: "A" | "B"): Points {
  const xy = NUMBERS.flatMap((i) => [row.number(`X${side}${i}`) - 1, row.number(`Y${side}${i}`) - 1]);
  return { n: NUMBERS.length, xy: Float64Array.from(xy) };
}
