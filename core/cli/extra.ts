/**
 * The tables of `deno task score tables=...`.
 *
 * @module
 */
import { InputError, suggest } from "../errors.ts";
import type { GeometryTable } from "../run/extra_tables.ts";
import type { ProtocolResult, ResultRecord } from "../run/result.ts";
import type { Difficulty } from "../types.ts";
import { alphaName, runName } from "./report.ts";
import { percent, type TableData } from "./table.ts";

const TABLES = ["errors", "geometry", "difficulty"] as const;
export type ExtraName = typeof TABLES[number];

/** `tables=` as names. Throws InputError for another word. */
export function extraNames(text: string | undefined): ReadonlySet<ExtraName> {
  const names = text === undefined ? [] : text.split(",").map((name) => name.trim());
  for (const name of names) {
    if (!(TABLES as readonly string[]).includes(name)) {
      throw new InputError(`Cannot make table "${name}"${suggest(name, TABLES)}`);
    }
  }
  return new Set(names as ExtraName[]);
}

/** The difficulty fields, in the order they are shown. */
export const DIFFICULTIES: readonly (keyof Difficulty)[] = ["viewpoint", "scale", "truncation", "occlusion"];

/** A level in words: SPair-71k grades two fields and says of the two others which picture is meant. */
export function levelName(field: keyof Difficulty, level: string): string {
  const words = field === "viewpoint" || field === "scale"
    ? ["easy", "medium", "hard"]
    : ["none", "source", "target", "both"];
  const word = words[Number(level)];
  return word === undefined ? level : `${level} ${word}`;
}

/** Every table that is asked for, protocol by protocol. */
export function extraTablesOf(result: ResultRecord, names: ReadonlySet<ExtraName>): TableData[] {
  return Object.values(result.results).flatMap((protocol) => {
    const title = `${runName(result)} on ${result.run.benchmark.name}, protocol ${protocol.protocol.name}`;
    const notes = protocol.tables?.notes ?? [];
    const tables = [
      ...(names.has("errors") ? errorTable(protocol, title) : []),
      ...(names.has("geometry") ? geometryTable(protocol, title) : []),
      ...(names.has("difficulty") ? difficultyTables(protocol, title) : []),
    ];
    return tables.length === 0 || notes.length === 0
      ? tables
      : [...tables.slice(0, -1), { ...tables.at(-1)!, notes: [...tables.at(-1)!.notes, ...notes] }];
  });
}

const right = { align: "right" } as const;

function errorTable({ tables }: ProtocolResult, title: string): TableData[] {
  const kinds = tables?.errors;
  if (kinds === undefined) return [];
  const rows: [string, readonly number[]][] = [
    ["PCK", kinds.pck],
    ["PCK-dagger", kinds.dagger],
    ["jitter", kinds.jitter],
    ["miss", kinds.miss],
    ["swap", kinds.swap],
  ];
  return [{
    title: `${title}: kinds of error`,
    columns: [{ name: "share of points" }, ...kinds.alphas.map((alpha) => ({ name: alphaName(alpha), ...right }))],
    rows: rows.map(([name, values]) => [name, ...values.map((value) => percent(value))]),
    notes: [
      "in %, mean over pairs; dagger: also nearest to the right point; jitter: beyond the limit, within twice of it; " +
      "miss: no annotated point within the limit; swap: another one is nearest, within it",
    ],
  }];
}

function geometryTable({ tables, alphas }: ProtocolResult, title: string): TableData[] {
  const table = tables?.geometry;
  if (table === undefined) return [];
  const row = (
    name: string,
    pairs: readonly [number, number],
    points: readonly [number, number],
    values: readonly number[],
  ) => [name, pairs.join(" of "), points.join(" of "), ...alphas.map((_, a) => percent(values[a]))];
  const sum = (of: (category: GeometryTable["categories"][number]) => number) =>
    table.categories.reduce((total, category) => total + of(category), 0);
  return [{
    title: `${title}: keypoints with a look-alike visible in the target`,
    columns: [
      { name: "category" },
      { name: "pairs", ...right },
      { name: "points", ...right },
      ...table.alphas.map((alpha) => ({ name: `PCK ${alphaName(alpha)}`, ...right })),
    ],
    rows: [
      ...table.categories.map((c) => row(c.name, [c.pairs, c.ofPairs], [c.points, c.ofPoints], c.values)),
      row("all", [table.pairs, sum((c) => c.ofPairs)], [table.points, sum((c) => c.ofPoints)], table.values),
    ],
    notes: [`in %; ${percent(table.pointRatio)} % of all keypoints`],
  }];
}

function difficultyTables({ difficulty, alphas }: ProtocolResult, title: string): TableData[] {
  return DIFFICULTIES.flatMap((field) => {
    const levels = difficulty[field];
    if (levels === undefined || alphas.length === 0) return [];
    return [{
      title: `${title}: by ${field}`,
      columns: [
        { name: field },
        { name: "pairs", ...right },
        { name: "points", ...right },
        ...alphas.map((alpha) => ({ name: `PCK ${alphaName(alpha)}`, ...right })),
      ],
      rows: levels.map((level) => [
        levelName(field, level.name),
        String(level.pairs),
        String(level.points),
        ...level.values.map((value) => percent(value)),
      ]),
      notes: ["in %"],
    }];
  });
}
