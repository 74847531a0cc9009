/**
 * Tables for people and for machines, from one description.
 *
 * @module
 */
import Table from "cli-table3";
import { InputError } from "../errors.ts";

/** A table: the first column is text, the others as their `align` says. */
export interface TableData {
  readonly title: string;
  readonly columns: readonly { readonly name: string; readonly align?: "left" | "right" }[];
  readonly rows: readonly (readonly string[])[];
  /** Lines under the table. */
  readonly notes: readonly string[];
}

export const FORMATS = ["table", "markdown", "csv", "json"] as const;
export type TableFormat = typeof FORMATS[number];

/** `format=` as a table format. Throws InputError for another word. */
export function formatOf(text: string | undefined): TableFormat {
  if (text === undefined) return "table";
  if ((FORMATS as readonly string[]).includes(text)) return text as TableFormat;
  throw new InputError(`Cannot print format=${text}: it must be one of ${FORMATS.join(", ")}`);
}

/** The table as text in the format, with a final newline. */
export function renderTable(data: TableData, format: TableFormat): string {
  switch (format) {
    case "table":
      return terminal(data);
    case "markdown":
      return markdown(data);
    case "csv":
      return [data.columns.map((column) => column.name), ...data.rows].map((row) =>
        `${row.map(csvField).join(",")}\r\n`
      ).join("");
    case "json": {
      const names = data.columns.map((column) => column.name);
      const rows = data.rows.map((row) => Object.fromEntries(row.map((cell, i) => [names[i], cell])));
      return `${JSON.stringify({ title: data.title, rows, notes: data.notes }, null, 2)}\n`;
    }
  }
}

function terminal(data: TableData): string {
  const table = new Table({
    head: data.columns.map((column) => column.name),
    colAligns: data.columns.map((column) => column.align ?? "left"),
    style: { head: [], border: [], compact: true },
  });
  for (const row of data.rows) table.push([...row]);
  return [data.title, table.toString(), ...data.notes.map((note) => `  ${note}`), ""].filter((line, i) =>
    line !== "" || i > 1
  ).join("\n");
}

function markdown(data: TableData): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [
    `**${data.title}**`,
    "",
    line(data.columns.map((column) => column.name)),
    `|${data.columns.map((column) => column.align === "right" ? "---:" : "---").join("|")}|`,
    ...data.rows.map(line),
    "",
    ...data.notes.flatMap((note) => [note, ""]),
  ].join("\n");
}

/** RFC 4180: quotes only where they are needed. */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** 0.4567 -> `45.7`: percent with one decimal, as the field prints PCK. */
export function percent(value: number | null | undefined, digits = 1): string {
  return value === null || value === undefined || Number.isNaN(value) ? "-" : (100 * value).toFixed(digits);
}
