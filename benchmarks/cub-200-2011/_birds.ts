import { checkBox } from "../../core/data/pairs.ts";
import { InputError } from "../../core/errors.ts";
import type { Box } from "../../core/types.ts";
import { readTable, type TableRow } from "./_tables.ts";

/** One picture. */
export interface Bird {
  /** Path below `images/`, such as `001.Black_footed_Albatross/Black_Footed_Albatross_0001_796111.jpg`. */
  readonly file: string;
  /** Name of the class, such as `001.Black_footed_Albatross`. */
  readonly species: string;
  readonly test: boolean;
  readonly box: Box;
  /** Visible parts: id (from 1) -> (x, y). */
  readonly parts: ReadonlyMap<number, readonly [x: number, y: number]>;
  readonly where: string;
}

/** Reads the tables of the release. */
export function readBirds(root: string): { birds: Bird[]; partNames: ReadonlyMap<number, string> } {
  const species = byId(readTable(root, "classes.txt", 2));
  const labels = byId(readTable(root, "image_class_labels.txt", 2));
  const splits = byId(readTable(root, "train_test_split.txt", 2));
  const boxes = byId(readTable(root, "bounding_boxes.txt", 5));
  const partNames = new Map(readTable(root, "parts/parts.txt", 2).map((row) => [row.number(0), row.text(1)]));
  const parts = new Map<string, Map<number, readonly [number, number]>>();
  for (const row of readTable(root, "parts/part_locs.txt", 5)) {
    // Hidden parts stand there as 0 0 0: they do not exist for us.
    if (row.number(4) !== 1) continue;
    const mine = parts.get(row.text(0)) ?? new Map<number, readonly [number, number]>();
    parts.set(row.text(0), mine.set(row.number(1), [row.number(2), row.number(3)]));
  }
  const birds = readTable(root, "images.txt", 2).map((row): Bird => {
    const id = row.text(0);
    const label = need(labels, id, row, "image_class_labels.txt").text(1);
    return {
      file: row.text(1),
      species: need(species, label, row, "classes.txt").text(1),
      test: need(splits, id, row, "train_test_split.txt").number(1) === 0,
      box: box(need(boxes, id, row, "bounding_boxes.txt")),
      parts: parts.get(id) ?? new Map(),
      where: row.where,
    };
  });
  return { birds, partNames };
}

function byId(rows: readonly TableRow[]): Map<string, TableRow> {
  return new Map(rows.map((row) => [row.text(0), row]));
}

function need(rows: ReadonlyMap<string, TableRow>, id: string, from: TableRow, file: string): TableRow {
  const row = rows.get(id);
  if (row) return row;
  throw new InputError(`${from.where}: "${file}" has no line for id ${id}`);
}

function box(row: TableRow): Box {
  const [x, y, width, height] = [1, 2, 3, 4].map((column) => row.number(column)) as [number, number, number, number];
  return checkBox({ x1: x, y1: y, x2: x + width, y2: y + height }, `${row.where}: the box`);
}
