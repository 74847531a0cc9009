import { join } from "@std/path";
import { readText } from "../../core/data/csv.ts";
import { InputError } from "../../core/errors.ts";

/** A line of one of the release's tables: values separated by spaces. */
export class TableRow {
  constructor(readonly where: string, readonly values: readonly string[]) {}

  text(column: number): string {
    return this.values[column]!;
  }

  /** A finite number. */
  number(column: number): number {
    const value = Number(this.values[column]);
    if (Number.isFinite(value)) return value;
    throw new InputError(`${this.where}: column ${column + 1} is "${this.values[column]}", a finite number is needed`);
  }
}

/**
 * The lines of a table.
 *
 * @param columns how many values each line has; the last one takes the rest of the line, spaces included
 */
export function readTable(root: string, file: string, columns: number): TableRow[] {
  const path = join(root, file);
  return readText(path).split(/\r?\n/).flatMap((line, i) => {
    if (line === "") return [];
    const where = `${path}:${i + 1}`;
    const parts = line.split(" ");
    if (parts.length < columns) throw new InputError(`${where}: has ${parts.length} values, ${columns} are needed`);
    return [new TableRow(where, [...parts.slice(0, columns - 1), parts.slice(columns - 1).join(" ")])];
  });
}
