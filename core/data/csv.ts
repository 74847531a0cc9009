import { parse } from "csv-parse/sync";
import { InputError, messageOf } from "../errors.ts";

/**
 * The rows of a comma-separated file with a header line, each knowing its file and line for messages.
 *
 * @param columns the columns that must be there; others are kept too. Lines end with LF or CRLF; a BOM is skipped.
 * @throws {InputError} when the file cannot be read, a column is absent, or a row has too many or too few values
 */
export function readCsv(path: string, columns: readonly string[]): CsvRow[] {
  return parseCsv(readText(path), path, columns);
}

/** {@linkcode readCsv} for text in memory. */
export function parseCsv(text: string, path: string, columns: readonly string[]): CsvRow[] {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, { bom: true, info: true, skip_empty_lines: true, trim: true }) as unknown as typeof records;
  } catch (error) {
    throw new InputError(`Cannot read "${path}": ${messageOf(error)}`, { cause: error });
  }
  const header = records.shift()?.record ?? [];
  const missing = columns.filter((name) => !header.includes(name));
  if (missing.length > 0) {
    throw new InputError(`Cannot read "${path}": its first line names no column ${quoted(missing)}`);
  }
  const index = new Map(header.map((name, i) => [name, i]));
  return records.map(({ record, info }) => new CsvRow(path, info.lines, record, index));
}

/** One row. */
export class CsvRow {
  constructor(
    readonly path: string,
    /** Counted from 1, header included. */
    readonly line: number,
    private readonly values: readonly string[],
    private readonly index: ReadonlyMap<string, number>,
  ) {}

  /** `file:line`, as messages begin. */
  get where(): string {
    return `${this.path}:${this.line}`;
  }

  /** Number of columns. */
  get width(): number {
    return this.values.length;
  }

  /** A value by position, for lists whose column names differ between releases. */
  at(column: number): string {
    const value = this.values[column];
    if (value === undefined || value === "") throw new InputError(`${this.where}: column ${column + 1} is empty`);
    return value;
  }

  has(column: string): boolean {
    return this.index.has(column);
  }

  /** A value that must not be empty. */
  text(column: string): string {
    const at = this.index.get(column);
    const value = at === undefined ? undefined : this.values[at];
    if (value === undefined || value === "") throw new InputError(`${this.where}: "${column}" is empty`);
    return value;
  }

  /** A finite number. */
  number(column: string): number {
    return this.#number(column, this.text(column));
  }

  /** Finite numbers separated by `;`. */
  numbers(column: string): number[] {
    return this.text(column).split(";").map((part) => this.#number(column, part.trim()));
  }

  #number(column: string, text: string): number {
    const value = text === "" ? NaN : Number(text);
    if (Number.isFinite(value)) return value;
    throw new InputError(`${this.where}: "${column}" holds "${text}", a finite number is needed`);
  }
}

/** A text file, with errors in the project's tone. */
export function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "no such file" : messageOf(error);
    throw new InputError(`Cannot read "${path}": ${why}`, { cause: error });
  }
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
